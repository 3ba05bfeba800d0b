// The live panel: figures, charts, ladder, requests, events.
import { Chart } from './charts.js';
import { $, make, text } from './dom.js';
import { bitrate, bytes, fineSeconds, milliseconds, protocolName, rungName, seconds } from './units.js';

const ROWS = 10;
const EVENTS = 100;

export class Panel {
  #charts = {
    buffer: new Chart($('buffer-chart'), { floor: 4, format: seconds }),
    throughput: new Chart($('throughput-chart'), { floor: 1e6, format: bitrate }),
  };
  #rungsKey = '';
  #rows = [];

  // `pin(id | null)`: what the ladder's buttons do.
  constructor({ pin }) {
    this.pin = pin;
    $('auto').addEventListener('click', () => pin(null));
    this.#rows = Array.from({ length: ROWS }, () => this.#row());
    $('requests').replaceChildren(...this.#rows.map(({ row }) => row));
    this.reset();
  }

  reset() {
    for (const chart of Object.values(this.#charts)) chart.reset();
    for (const id of ['protocol', 'picture', 'latency', 'startup', 'stalls', 'dropped', 'buffer', 'throughput']) text($(id), '–');
    text($('protocol-sub'), 'no request yet');
    for (const id of ['picture-sub', 'stalls-sub', 'dropped-sub']) text($(id), '\u00a0');
    this.requests([], { count: 0, bytes: 0 });
    $('log').replaceChildren();
  }

  // Figures of a running session.
  figures(state, session) {
    const { video } = session;
    text($('protocol'), protocolName(state.protocol));
    $('protocol').dataset.protocol = state.protocol;
    text($('protocol-sub'), protocolShare(state.protocols));
    text($('picture'), video.videoWidth ? `${video.videoWidth}×${video.videoHeight}` : '–');
    text($('picture-sub'), state.rung ? bitrate(state.rung.bitrate) : '\u00a0');
    text($('latency'), fineSeconds(state.latency ?? NaN));
    text($('startup'), session.startupMs === null ? '–' : milliseconds(session.startupMs));
    text($('stalls'), session.startupMs === null ? '–' : String(session.stalls));
    text($('stalls-sub'), session.stalls ? `${seconds(session.stalledMs / 1000)} in all` : 'since the start');
    text($('dropped'), state.decoded ? String(state.dropped) : '–');
    text($('dropped-sub'), state.decoded ? `of ${state.decoded} frames` : '\u00a0');
    text($('buffer'), seconds(state.buffer));
    text($('throughput'), bitrate(state.throughput));
  }

  sample(now, { buffer, throughput }) {
    this.#charts.buffer.add(now, buffer);
    this.#charts.throughput.add(now, throughput);
  }

  stall(from, until) {
    this.#charts.buffer.mark(from, until);
  }

  // Every rung with its bitrate as a bar; the one that plays is marked.
  ladder(rungs, { current, pinned, live }) {
    const key = JSON.stringify([rungs, live]);
    if (key !== this.#rungsKey) {
      this.#rungsKey = key;
      const most = Math.max(1, ...rungs.map((rung) => rung.bitrate));
      const focused = $('rungs').contains(document.activeElement) ? document.activeElement.dataset.id : null;
      $('rungs').replaceChildren(...rungs.map((rung) => this.#rung(rung, most, live)));
      if (rungs.length === 0) $('rungs').append(make('p', { className: 'empty', textContent: 'The rungs appear when the manifest is read.' }));
      if (focused) $('rungs').querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    }
    $('auto').disabled = !live;
    $('auto').setAttribute('aria-pressed', String(pinned === null));
    for (const button of $('rungs').querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.id === pinned));
      button.classList.toggle('playing', button.dataset.id === current);
    }
  }

  #rung(rung, most, live) {
    const bar = make('span', { className: 'rung-bar' });
    bar.style.width = `${Math.max(3, (100 * rung.bitrate) / most)}%`;
    const button = make(
      'button',
      { type: 'button', className: 'rung', disabled: !live, title: rung.codecs ? `${rung.codecs}: stay on this rung` : '' },
      make('span', { className: 'rung-name', textContent: rungName(rung) }),
      make('span', { className: 'rung-track' }, bar),
      make('span', { className: 'rung-rate', textContent: bitrate(rung.bitrate) }),
    );
    button.dataset.id = rung.id;
    button.addEventListener('click', () => this.pin(rung.id));
    return button;
  }

  requests(list, { count, bytes: sum }) {
    text($('requests-sum'), count ? `${count} since the start, ${bytes(sum)}` : '');
    const shown = list.slice(-ROWS).reverse();
    this.#rows.forEach((cells, at) => fill(cells, shown[at]));
  }

  #row() {
    const cell = (className) => make('td', { className });
    const cells = {
      label: cell('label'), size: cell('num'), time: cell('num'), rate: cell('num rate'), protocol: cell('protocol'),
    };
    cells.row = make('tr', {}, ...Object.values(cells));
    return cells;
  }

  log(kind, words) {
    const log = $('log');
    const time = new Date().toLocaleTimeString([], { hour12: false });
    log.prepend(make('li', { className: kind }, make('time', { textContent: time }), make('span', { textContent: words })));
    while (log.childElementCount > EVENTS) log.lastElementChild.remove();
  }
}

function fill({ row, label, size, time, rate, protocol }, request) {
  row.className = request ? request.kind : '';
  row.classList.toggle('failed', (request?.status ?? 0) >= 400);
  text(label, request?.label ?? '\u00a0');
  label.title = request?.url ?? '';
  text(size, request ? bytes(request.bytes) : '');
  text(time, request ? milliseconds(request.ms) : '');
  text(rate, !request || request.bytes < 10_000 ? '' : request.cached ? 'cached' : bitrate((request.bytes * 8000) / Math.max(0.1, request.ms)));
  text(protocol, !request ? '' : request.status >= 400 ? `${request.status}` : protocolName(request.protocol));
}

function protocolShare(protocols) {
  const entries = Object.entries(protocols).toSorted((a, b) => b[1] - a[1]);
  if (entries.length === 0) return 'no request yet';
  if (entries.length === 1) return entries[0][1] === 1 ? '1 request' : `all ${entries[0][1]} requests`;
  return entries.map(([name, count]) => `${protocolName(name)}: ${count}`).join(', ');
}
