// Whether the playhead goes on, looked at from outside: what a viewer would call a stall, whatever events say.

const LOOK_MS = 50;
// Shorter ones pass unseen.
const STALL_MS = 300;
// Media may run ahead of its clock by as much as a playback rate does between two looks.
const JUMP_S = 0.5;

export class Playhead {
  #timer;
  #last = null;
  #stoodSince = null;
  #stalled = false;
  // The wait behind a jump that did not end a stall is the jump's.
  #seeking = false;

  // `on`: { stall(from, until), jump(seconds) }; times are those of performance.now().
  constructor(video, on) {
    this.video = video;
    this.on = on;
    this.stalls = 0;
    this.stalledMs = 0;
    this.jumps = 0;
    this.#timer = setInterval(() => this.#look(performance.now()), LOOK_MS);
  }

  get stalled() {
    return this.#stalled;
  }

  // Moved on purpose: neither a jump nor a stall.
  forgive() {
    this.#last = null;
    this.#stoodSince = null;
    this.#seeking = true;
  }

  #look(now) {
    const { currentTime, paused, ended, seeking, playbackRate } = this.video;
    if (paused || ended) {
      this.#moved(now);
      this.#last = null;
      return;
    }
    const last = this.#last;
    this.#last = { now, currentTime };
    if (!last) return;
    const moved = currentTime - last.currentTime;
    const jumped = moved < 0 || moved > ((now - last.now) / 1000) * Math.max(1, playbackRate) + JUMP_S;
    if (jumped) {
      this.jumps += 1;
      this.on.jump(moved);
      this.#seeking = !this.#stalled;
    }
    if (moved !== 0 && !jumped) {
      this.#moved(now);
      this.#seeking = false;
      return;
    }
    if (this.#seeking || (seeking && !this.#stalled && this.#stoodSince === null)) return;
    this.#stoodSince ??= last.now;
    if (!this.#stalled && now - this.#stoodSince >= STALL_MS) {
      this.#stalled = true;
      this.stalls += 1;
    }
  }

  #moved(now) {
    if (this.#stalled) {
      this.stalledMs += now - this.#stoodSince;
      this.on.stall(this.#stoodSince, now);
    }
    this.#stalled = false;
    this.#stoodSince = null;
  }

  close() {
    clearInterval(this.#timer);
  }
}
