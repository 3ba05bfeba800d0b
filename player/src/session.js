// One playback: opens the chosen player, watches the video element, counts what happens.
import { clockOffset } from './clock.js';
import { Playhead } from './playhead.js';
import { PLAYERS } from './support.js';
import { askWhy, mediaErrorWords, statusWords } from './words.js';

const NEVER_STARTED_MS = 20_000;

export class Session {
  #handle = null;
  #closed = false;
  #abort = new AbortController();
  #playhead = null;
  #clockOffset = 0;
  #timer;

  // `on`: { change(), started(), tracks(), log(kind, words), stall(from, until), failure(fault) }
  constructor({ video, captions, selection, addresses, on }) {
    this.video = video;
    this.captions = captions;
    this.selection = selection;
    this.addresses = addresses;
    this.on = on;
    this.startedAt = performance.now();
    this.startupMs = null;
    this.rungs = [];
    this.audios = [];
    this.texts = [];
    this.fault = null;
    this.version = '';
  }

  async start() {
    const { video } = this;
    const listen = (type, action) => video.addEventListener(type, action, { signal: this.#abort.signal });
    listen('playing', () => this.#onPlaying());
    listen('ended', () => this.on.log('good', 'Played to the end.'));
    listen('error', () => {
      if (video.error) this.#fail({ title: mediaErrorWords(video.error), detail: video.error.message });
    });
    this.#timer = setTimeout(() => {
      if (this.startupMs === null) this.on.log('warn', 'Nothing has played after 20 s.');
    }, NEVER_STARTED_MS);

    const { player, manifest, asset } = this.selection;
    if (asset.live) this.#readClock();
    // A variable address: the libraries stay files of their own.
    const library = await import(PLAYERS[player].file);
    if (this.#closed) return;
    this.version = library.version;
    this.on.log('quiet', `${PLAYERS[player].label} ${library.version} opens ${new URL(this.addresses[manifest]).pathname.split('/').at(-1)}.`);
    try {
      const handle = await library.open({
        video,
        captions: this.captions,
        url: this.addresses[manifest],
        live: asset.live,
        licence: this.addresses.licence,
        on: {
          tracks: () => this.#readTracks(),
          note: (detail) => this.on.log('warn', detail),
          failure: (failure) => this.#explain(failure),
        },
      });
      if (this.#closed) return void handle.close();
      this.#handle = handle;
      this.#readTracks();
    } catch (error) {
      this.#fail({ title: 'The player could not start.', detail: error.message });
      return;
    }
    // Some want to be ready before the element is told to play.
    await this.#handle.begun;
    if (!this.#closed) await this.#play();
  }

  async #play() {
    try {
      await this.video.play();
    } catch (error) {
      if (this.#closed || error.name !== 'NotAllowedError') return;
      // Sound before a click is refused: start without it.
      this.video.muted = true;
      this.on.log('quiet', 'Muted, because the browser allows sound after a click only.');
      await this.video.play().catch(() => {});
    }
  }

  #readTracks() {
    if (!this.#handle) return;
    this.rungs = this.#handle.rungs().toSorted((a, b) => b.bitrate - a.bitrate);
    this.audios = this.#handle.audios();
    this.texts = this.#handle.texts();
    this.on.tracks();
  }

  #onPlaying() {
    if (this.startupMs === null) {
      this.startupMs = performance.now() - this.startedAt;
      clearTimeout(this.#timer);
      this.on.started();
      this.on.log('good', `First frame after ${Math.round(this.startupMs)} ms.`);
      this.#watch();
    }
    this.on.change();
  }

  #watch() {
    this.#playhead = new Playhead(this.video, {
      stall: (from, until) => {
        this.on.stall(from, until);
        this.on.log('warn', `Stalled for ${Math.round(until - from)} ms.`);
      },
      jump: (seconds) => {
        if (this.selection.asset.live) this.on.log('warn', `Jumped by ${seconds.toFixed(2)} s.`);
      },
    });
  }

  async #readClock() {
    try {
      this.#clockOffset = await clockOffset(this.addresses.time);
    } catch (error) {
      if (!this.#closed) this.on.log('warn', `The latency goes by this machine's clock, not the node's (${error.message}).`);
    }
  }

  // Adds what the node says to what the player says.
  async #explain({ detail, status, url }) {
    const why = url && !url.startsWith('blob:') ? await askWhy(url) : null;
    const seen = why?.status || status;
    this.#fail({
      title: why && !why.status ? why.said : seen >= 400 ? statusWords(seen) : 'Playback failed.',
      said: why?.status ? why.said : '',
      code: why?.code ?? '',
      status: seen ?? 0,
      detail,
      url,
    });
  }

  #fail(fault) {
    if (this.#closed || this.fault) return;
    this.fault = fault;
    this.on.failure(fault);
  }

  get stalled() {
    return this.#playhead?.stalled ?? false;
  }

  get stalls() {
    return this.#playhead?.stalls ?? 0;
  }

  get stalledMs() {
    return this.#playhead?.stalledMs ?? 0;
  }

  get jumps() {
    return this.#playhead?.jumps ?? 0;
  }

  // Seconds between what the node's clock says and when the picture was taken, as the manifest tells; null where nothing
  // is known of it.
  latency() {
    const taken = this.#handle?.date?.() ?? null;
    return taken === null ? null : (Date.now() + this.#clockOffset - taken) / 1000;
  }

  seek(seconds) {
    this.#playhead?.forgive();
    this.video.currentTime = seconds;
  }

  current() {
    return this.#handle?.current();
  }

  pin(id) {
    this.#handle?.pin(id);
  }

  currentAudio() {
    return this.#handle?.currentAudio() ?? null;
  }

  selectAudio(id) {
    this.#handle?.selectAudio(id);
  }

  // Null while no text is shown.
  currentText() {
    return this.#handle?.currentText() ?? null;
  }

  selectText(id) {
    this.#handle?.selectText(id);
  }

  // Which of the pieces put one after the other plays, from 0; null where the player does not tell.
  period() {
    return this.#handle?.period?.() ?? null;
  }

  // Faster than playback can be, by key frames where the player knows how; 1 is normal.
  trick(rate) {
    if (this.#handle?.trick) this.#handle.trick(rate);
    else this.video.playbackRate = rate;
  }

  // The text on the picture.
  cue() {
    const tracks = [...this.video.textTracks].filter(({ mode }) => mode === 'showing');
    const native = tracks.flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => plain(cue)));
    return [...native, this.captions.innerText.trim()].filter(Boolean).join('\n');
  }

  // Seconds of media ahead of the playhead without a gap.
  bufferAhead() {
    const { buffered, currentTime } = this.video;
    for (let at = 0; at < buffered.length; at += 1) {
      if (buffered.start(at) <= currentTime + 0.1 && buffered.end(at) > currentTime) {
        return buffered.end(at) - currentTime;
      }
    }
    return 0;
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#playhead?.close();
    this.#abort.abort();
    try {
      await this.#handle?.close();
    } catch {
      // A player that fails while it is taken down leaves nothing to tell.
    }
    this.captions.replaceChildren();
    this.video.removeAttribute('src');
    this.video.load();
  }
}

// WebVTT's markup aside.
const plain = (cue) => (cue.getCueAsHTML?.().textContent ?? cue.text ?? '').trim();
