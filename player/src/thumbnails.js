// A strip below the picture that shows what lies where, for assets with sheets of thumbnails.
import { $, text } from './dom.js';

export class Thumbnails {
  #tiles = [];
  #load = new AbortController();

  constructor(video) {
    this.video = video;
    const scrub = $('scrub');
    $('strip').addEventListener('pointermove', ({ clientX }) => {
      const { left, width } = scrub.getBoundingClientRect();
      this.#preview(Math.min(1, Math.max(0, (clientX - left) / width)));
    });
    for (const type of ['pointerleave', 'focusout']) $('strip').addEventListener(type, () => { $('preview').hidden = true; });
    scrub.addEventListener('input', () => {
      video.currentTime = scrub.value * video.duration;
      this.#preview(Number(scrub.value));
    });
    video.addEventListener('timeupdate', () => {
      if (video.duration && !scrub.matches(':active')) scrub.value = video.currentTime / video.duration;
    });
  }

  // Nothing is shown of an asset without thumbnails.
  async show({ base, url }) {
    this.clear();
    const { signal } = this.#load;
    try {
      // The player has just asked for the same manifest.
      const track = trackOf(await read(url, { signal, cache: 'force-cache' }));
      if (!track) return;
      const folder = `${base}/${track}/`;
      this.#tiles = parse(await read(`${folder}thumbnails.vtt`, { signal }), folder);
      $('strip').hidden = this.#tiles.length === 0;
    } catch {
      // Playback does without; what is wrong with the manifest itself the player says.
    }
  }

  clear() {
    this.#load.abort();
    this.#load = new AbortController();
    this.#tiles = [];
    $('strip').hidden = true;
    $('preview').hidden = true;
  }

  #preview(share) {
    const time = share * (this.video.duration || 0);
    const tile = this.#tiles.find(({ until }) => time < until) ?? this.#tiles.at(-1);
    if (!tile) return;
    const { x, y, width, height } = tile;
    Object.assign($('tile').style, {
      width: `${width}px`, height: `${height}px`, background: `url("${tile.url}") -${x}px -${y}px no-repeat`,
    });
    text($('tile-time'), `${Math.floor(time / 60)}:${String(Math.floor(time % 60)).padStart(2, '0')}`);
    $('preview').hidden = false;
    // Never beyond the edges of the strip.
    const room = $('strip').clientWidth - $('preview').offsetWidth;
    $('preview').style.left = `${Math.min(room, Math.max(0, share * $('strip').clientWidth - $('preview').offsetWidth / 2))}px`;
  }
}

async function read(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.text();
}

// The track element of the thumbnails' address; undefined where a manifest names none, or several periods.
function trackOf(manifest) {
  if (manifest.startsWith('#EXTM3U')) return /^#EXT-X-IMAGE-STREAM-INF:.*URI="([^"/]+)\//m.exec(manifest)?.[1];
  const mpd = new DOMParser().parseFromString(manifest, 'text/xml');
  if (mpd.querySelectorAll('Period').length !== 1) return undefined;
  return mpd.querySelector('AdaptationSet[contentType="image"] Representation')?.getAttribute('id');
}

// WebVTT whose cues are parts of pictures.
function parse(vtt, folder) {
  const cue = /-->\s*(?:(\d+):)?(\d+):([\d.]+).*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  return [...vtt.matchAll(cue)].map(([, hours, minutes, seconds, file, x, y, width, height]) => ({
    until: Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds),
    url: new URL(file, folder).href, x, y, width, height,
  }));
}
