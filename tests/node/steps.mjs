// A script for the player page. Steps are done one after the other:
//
//   { "seek": 5 }  { "pin": 180 }  { "selectAudio": "de" }  { "selectText": "en" }  { "trick": 4 }
//       what `globalThis.edgepack` does
//   { "hover": "#scrub" }
//       points at the middle of an element, as soon as it is there
//   { "freeze": 5.02 }
//       plays on from this second, pauses at it and tells which picture is there: its size, and the brightness of what
//       the screen shows in 18 rows of 32 fields, in hexadecimal
//   { "until": { … } }
//       waits until all of these hold at once:
//         time      the playhead is at or behind this second, and plays on from there
//         before    the playhead is before this second
//         more      so many seconds have been played since the step began, with frames decoded
//         height    of the picture that is shown
//         tone      Hz: the loudest tone that is heard
//         audio     language that the player says it plays
//         cue       the text on the picture
//         period    which of the pieces plays, from 0
//         request   a pattern: something that it matches was fetched since the last step but `until`
//         ended     true
//         latency   a channel's picture is at most so many seconds behind the node's clock, as the player tells
//   { "watch": { "seconds": 10, "latency": 5 } }
//       watches a channel play; fails where the playhead stands or is moved, or the picture falls further behind
//   { "clock": { "every": 0.1, "bits": 12 } }
//       reads the time that is burnt into the picture: in units of so many seconds since 1970, modulo two to the
//       number of bits, as bars of equal width from the left, the lowest bit first, in Gray code, over the top quarter of the picture
//
// An answer tells for each `until` where the playhead was when it came true, for each `freeze` what was seen, for each
// `watch` the least, the median and the greatest latency, and for each `clock` how far behind the clock the picture is.

import { PNG } from 'pngjs';

export async function follow(page, steps, timeout) {
  const done = [];
  await page.waitForFunction(() => globalThis.edgepack?.state.ready, null, { timeout, polling: 50 });
  let since = 0;
  for (const step of steps) {
    if (step.until) {
      done.push(await until(page, step.until, since, timeout));
    } else if (step.watch) {
      done.push(await watch(page, step.watch));
    } else if (step.clock) {
      done.push(await clock(page, step.clock));
    } else if ('freeze' in step) {
      done.push(await freeze(page, step.freeze, timeout));
    } else if ('seek' in step) {
      since = await seek(page, step.seek, timeout);
    } else if (step.hover) {
      since = await page.evaluate(() => performance.now());
      await page.locator(step.hover).hover({ timeout });
    } else {
      const [[name, argument]] = Object.entries(step);
      since = await page.evaluate(([name, argument]) => {
        const now = performance.now();
        globalThis.edgepack[name](argument);
        return now;
      }, [name, argument]);
    }
  }
  return done;
}

async function until(page, conditions, since, timeout) {
  const from = await page.evaluate(begin, 'tone' in conditions);
  let seen;
  try {
    const handle = await page.waitForFunction(check, { conditions, since, from }, { timeout, polling: 50 });
    seen = await handle.jsonValue();
  } catch (error) {
    if (error.name !== 'TimeoutError') throw error;
    const last = await page.evaluate(check, { conditions, since, from, anyway: true });
    throw new Error(`${JSON.stringify(conditions)} never came true: ${JSON.stringify(last)}`, { cause: error });
  }
  if (seen.errors.length) throw new Error(`${JSON.stringify(conditions)}: ${JSON.stringify(seen)}`);
  return { until: conditions, seen };
}

// A browser among others on few processors now and then loses a seek; viewers seek again, too.
const ATTEMPTS = 4;

async function insist(timeout, attempt) {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(timeout / ATTEMPTS);
    } catch (error) {
      if (error.name !== 'TimeoutError' || count === ATTEMPTS) throw error;
    }
  }
}

async function seek(page, second, timeout) {
  const since = await page.evaluate(() => performance.now());
  await insist(timeout, async (patience) => {
    await page.evaluate((second) => globalThis.edgepack.seek(second), second);
    await page.waitForFunction(() => {
      const errors = globalThis.edgepack.observe().errors.length;
      return errors || !document.querySelector('video').seeking;
    }, null, { timeout: patience, polling: 50 });
  });
  return since;
}

async function freeze(page, second, timeout) {
  try {
    await insist(timeout, async (patience) => {
      // Played over first: dash.js does not always get into another period while it pauses.
      await page.evaluate(playAt, second);
      await page.waitForFunction((second) => {
        const { currentTime, seeking } = document.querySelector('video');
        return (currentTime > second && !seeking) || globalThis.edgepack.observe().errors.length;
      }, second, { timeout: patience, polling: 50 });
      await page.evaluate(stopAt, second);
      await page.waitForFunction(isStill, second, { timeout: patience, polling: 50 });
    });
  } catch (error) {
    if (error.name !== 'TimeoutError') throw error;
    throw new Error(`no picture at ${second}`, { cause: error });
  }
  if (await page.evaluate(() => globalThis.edgepack.observe().errors.length)) throw new Error(`no picture at ${second}`);
  // Off the screen: a canvas gets no picture that a decryption module decoded.
  const size = await page.evaluate(raise);
  const brightness = fields(await settled(page.locator('video')));
  await page.evaluate(lower);
  return { freeze: second, picture: { size, brightness } };
}

// What is on the screen once it stays the same: a starved browser may still show the frame before.
async function settled(element) {
  const ATTEMPTS = 20;
  let last = await element.screenshot();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const next = await element.screenshot();
    if (next.equals(last)) return next;
    last = next;
  }
  throw new Error('the picture does not come to rest');
}

async function watch(page, { seconds, latency = Infinity, tolerant = false }) {
  const seen = await page.evaluate(observed, seconds);
  const words = JSON.stringify(seen);
  if (seen.errors.length) throw new Error(`failed while it was watched: ${words}`);
  if (!tolerant && (seen.stalls || seen.jumps)) throw new Error(`the playhead did not go on evenly: ${words}`);
  if (!(seen.latency.max <= latency)) throw new Error(`too far behind: ${words}`);
  return { watch: seconds, seen };
}

// Of one picture: the latency that its bars tell, at least and at most, and that which the player tells meanwhile.
async function clock(page, { every, bits }) {
  const told = () => page.evaluate(() => ({ now: Date.now(), latency: globalThis.edgepack.observe().latency }));
  await page.evaluate(raise);
  const before = await told();
  const picture = await page.locator('video').screenshot();
  const after = await told();
  await page.evaluate(lower);
  const units = bars(picture, bits);
  const round = 2 ** bits * every;
  // The picture was taken some time during that unit.
  const behind = (now, unit) => (((now / 1000 - unit * every) % round) + round) % round;
  return {
    clock: units, burnt: { least: behind(before.now, units + 1), most: behind(after.now, units) },
    told: [before.latency, after.latency],
  };
}

function bars(screenshot, bits) {
  const { width, height, data } = PNG.sync.read(screenshot);
  const y = Math.floor(height / 8);
  let gray = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    const x = Math.floor((width * (bit + 0.5)) / bits);
    if (data[4 * (y * width + x)] > 127) gray |= 1 << bit;
  }
  let value = 0;
  for (let rest = gray; rest; rest >>= 1) value ^= rest;
  return value;
}

function fields(screenshot) {
  const COLUMNS = 32;
  const ROWS = 18;
  const { width, height, data } = PNG.sync.read(screenshot);
  const sums = new Float64Array(COLUMNS * ROWS);
  const counts = new Uint32Array(COLUMNS * ROWS);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const field = Math.floor((y * ROWS) / height) * COLUMNS + Math.floor((x * COLUMNS) / width);
      const at = 4 * (y * width + x);
      sums[field] += (data[at] + data[at + 1] + data[at + 2]) / 3;
      counts[field] += 1;
    }
  }
  return Buffer.from(sums.map((sum, field) => Math.round(sum / counts[field]))).toString('hex');
}

// Runs in the page. Shows the picture above all else and in one size, whatever the page around it has come to.
async function raise() {
  const video = document.querySelector('video');
  video.popover = 'manual';
  video.style.cssText = 'position: fixed; inset: 0 auto auto 0; width: 640px; height: 360px; max-width: none; max-height: none;'
    + ' margin: 0; border: 0; border-radius: 0; padding: 0; background: black';
  video.showPopover();
  for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
  return `${video.videoWidth}x${video.videoHeight}`;
}

// Runs in the page.
function lower() {
  const video = document.querySelector('video');
  video.hidePopover();
  video.removeAttribute('popover');
  video.style.cssText = '';
}

// Runs in the page.
function playAt(second) {
  globalThis.edgepack.seek(second);
  // A player that fails meanwhile says so itself.
  document.querySelector('video').play().catch(() => {});
}

// Runs in the page. Remembers which picture is on the screen.
function stopAt(second) {
  const video = document.querySelector('video');
  video.controls = false;
  video.pause();
  globalThis.edgepack.seek(second);
  globalThis.shown = null;
  const look = (_now, { mediaTime }) => {
    globalThis.shown = mediaTime;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

// Runs in the page. Whether that picture is there, or a fault.
function isStill(second) {
  // Longer than a frame of 25 a second, shorter than two.
  const LONGEST_FRAME = 0.05;
  const { shown } = globalThis;
  const there = shown !== null && shown <= second + 0.001 && shown > second - LONGEST_FRAME;
  return (there && !document.querySelector('video').seeking) || globalThis.edgepack.observe().errors.length > 0;
}

// Runs in the page. Looks every tenth of a second.
async function observed(seconds) {
  const EVERY_MS = 100;
  const first = globalThis.edgepack.observe();
  const { stalls, jumps, decoded, dropped } = first;
  const video = document.querySelector('video');
  const rates = new Set();
  const latencies = [];
  let buffer = Infinity;
  const until = performance.now() + seconds * 1000;
  let state = first;
  while (performance.now() < until && state.errors.length === 0) {
    await new Promise((done) => { setTimeout(done, EVERY_MS); });
    state = globalThis.edgepack.observe();
    latencies.push(state.latency ?? Infinity);
    buffer = Math.min(buffer, state.buffer);
    rates.add(video.playbackRate);
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    latency: {
      first: latencies[0], last: latencies.at(-1), min: sorted[0], median: sorted[sorted.length >> 1],
      p95: sorted[Math.floor(sorted.length * 0.95)], max: sorted.at(-1),
    },
    stalls: state.stalls - stalls, jumps: state.jumps - jumps, buffer,
    rates: [Math.min(...rates), Math.max(...rates)], decoded: state.decoded - decoded,
    dropped: state.dropped - dropped, errors: state.errors.map(({ text }) => text),
  };
}

// Runs in the page. Remembers where it began; listens in where a tone is asked for.
function begin(listen) {
  const video = document.querySelector('video');
  if (listen && !globalThis.analyser) {
    const context = new AudioContext();
    globalThis.analyser = context.createAnalyser();
    globalThis.analyser.fftSize = 16384;
    const source = context.createMediaElementSource(video);
    source.connect(globalThis.analyser);
    source.connect(context.destination);
  }
  // A channel's playhead jumps to where it begins.
  return { time: video.played.length ? video.currentTime : null, decoded: video.getVideoPlaybackQuality().totalVideoFrames };
}

// Runs in the page. What is seen when all conditions hold, or a fault is there; else false.
function check({ conditions, since, from, anyway }) {
  const TOLERANCE_HZ = 12;
  const video = document.querySelector('video');
  const { errors, audio, cue, period, requests, latency } = globalThis.edgepack.observe();
  // dash.js pauses there where the picture ends before the sound, and the element then never says that it ended.
  const ended = video.ended || (video.paused && video.currentTime >= video.duration);
  const seen = {
    time: video.currentTime, paused: video.paused, ended, seeking: video.seeking,
    height: video.videoHeight, decoded: video.getVideoPlaybackQuality().totalVideoFrames - from.decoded,
    tone: globalThis.analyser ? loudest(globalThis.analyser) : null,
    audio: audio?.language ?? null, cue, period, latency, errors: errors.map(({ text }) => text),
  };
  const fetched = requests.filter(({ start }) => start >= since).map(({ url }) => url);
  const hold = {
    time: (second) => seen.time >= second && !seen.seeking,
    before: (second) => seen.time < second,
    more: (seconds) => seen.time >= begun() + seconds && (seen.decoded > 0 || !seen.height),
    height: (pixels) => seen.height === pixels,
    tone: (hertz) => Math.abs(seen.tone - hertz) <= TOLERANCE_HZ,
    audio: (language) => seen.audio === language,
    cue: (text) => seen.cue === text,
    period: (number) => seen.period === number,
    request: (pattern) => fetched.some((url) => new RegExp(pattern).test(url)),
    ended: (wanted) => seen.ended === wanted,
    latency: (seconds) => seen.latency !== null && seen.latency <= seconds,
  };
  const begun = () => from.time ?? (seen.seeking || !video.played.length ? Infinity : video.played.start(video.played.length - 1));
  const all = Object.entries(conditions).every(([name, wanted]) => hold[name](wanted));
  if (anyway) return { ...seen, fetched: fetched.slice(-20) };
  return (errors.length > 0 || all) && seen;

  function loudest(analyser) {
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const hertz = analyser.context.sampleRate / analyser.fftSize;
    let best = 0;
    for (let at = 1; at * hertz < 2000; at += 1) if (bins[at] > bins[best] || best === 0) best = at;
    return Number.isFinite(bins[best]) ? Math.round(best * hertz) : 0;
  }
}
