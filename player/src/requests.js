// What the browser fetched of an asset, from Resource Timing.

const KEPT = 400;
// Throughput is that of the media of the last seconds on the wire.
const WINDOW_MS = 8000;

export class Requests {
  #since = 0;
  #prefix = '';
  #observer;

  constructor(onEntry) {
    this.onEntry = onEntry;
    this.reset('');
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#take(entry);
    });
    this.#observer.observe({ type: 'resource' });
  }

  // Counts from now on, and only what lies below this address.
  reset(prefix) {
    this.#prefix = prefix;
    this.#since = performance.now();
    this.list = [];
    this.count = 0;
    this.bytes = 0;
    this.protocols = {};
    this.protocol = '';
  }

  #take(entry) {
    if (!this.#prefix || !entry.name.startsWith(this.#prefix) || entry.startTime < this.#since) return;
    const request = {
      url: entry.name,
      label: labelOf(entry.name),
      kind: kindOf(entry.name),
      // What came over the wire is unknown when it came from the browser's own cache.
      cached: entry.transferSize === 0 && entry.encodedBodySize > 0,
      bytes: entry.encodedBodySize,
      start: entry.startTime,
      end: entry.responseEnd,
      ms: entry.responseEnd - (entry.requestStart || entry.startTime),
      protocol: entry.nextHopProtocol,
      status: entry.responseStatus ?? 0,
    };
    this.count += 1;
    this.bytes += request.bytes;
    if (request.protocol) {
      this.protocols[request.protocol] = (this.protocols[request.protocol] ?? 0) + 1;
      this.protocol = request.protocol;
    }
    this.list.push(request);
    if (this.list.length > KEPT) this.list.shift();
    this.onEntry(request);
  }

  // Bits per second while media was on the wire; NaN when none was.
  throughput(now = performance.now()) {
    let bits = 0;
    let busy = 0;
    let until = 0;
    for (const { kind, bytes, start, end, ms, cached } of this.list) {
      if (kind !== 'media' || cached || end < now - WINDOW_MS) continue;
      bits += bytes * 8;
      // Overlapping transfers count once.
      const from = Math.max(end - ms, start, until);
      busy += Math.max(0, end - from);
      until = Math.max(until, end);
    }
    return busy > 0 ? (bits / busy) * 1000 : NaN;
  }
}

function kindOf(url) {
  const path = new URL(url).pathname;
  if (path.endsWith('/clearkey') || path.endsWith('.key')) return 'key';
  if (/\.(m3u8|mpd)$/.test(path)) return 'manifest';
  return /\/init(-\d+)?\.mp4$/.test(path) ? 'header' : 'media';
}

// The last two elements: track and file.
function labelOf(url) {
  return decodeURIComponent(new URL(url).pathname.split('/').slice(-2).join('/'));
}
