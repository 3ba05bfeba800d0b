// hls.js behind the page's player interface.
import Hls from 'hls.js';

export const version = Hls.version;

// Where a playlist names parts. Faster than 5 % is heard. What has been played is left to the browser: where hls.js flushes
// it (backBufferLength), it also forgets the parts that it has of the segment that grows, and stops at its end.
const LIVE = { lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.05 };

export async function open({ video, url, live, licence, on }) {
  if (!Hls.isSupported()) throw new Error('This browser has no Media Source Extensions.');
  const hls = new Hls({
    // Fragmented MP4 is passed through, and the page's policy admits no worker from a blob.
    enableWorker: false,
    ...(live && LIVE),
    ...(licence && clearKey(licence)),
  });
  let recovered = false;
  hls.on(Hls.Events.ERROR, (_event, data) => {
    const detail = [data.details, data.reason ?? data.error?.message].filter(Boolean).join(': ');
    const failure = { detail, status: data.response?.code, url: data.url ?? data.frag?.url ?? data.response?.url };
    if (!data.fatal) {
      on.note(detail);
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      on.note(`${detail}; trying to recover`);
      hls.recoverMediaError();
    } else {
      on.failure(failure);
    }
  });
  let discontinuity = null;
  hls.on(Hls.Events.FRAG_CHANGED, (_event, { frag }) => { discontinuity = frag.cc; });
  for (const event of ['MANIFEST_PARSED', 'AUDIO_TRACKS_UPDATED', 'SUBTITLE_TRACKS_UPDATED', 'LEVELS_UPDATED']) {
    hls.on(Hls.Events[event], () => on.tracks());
  }
  // Captions inside the video: hls.js makes a text track of the element when the first one arrives.
  const captions = () => [...video.textTracks].filter(
    (track) => track.kind === 'captions' && track.cues?.length && !hls.subtitleTracks.some(({ name }) => name === track.label),
  );
  const aboutTextTracks = new AbortController();
  video.textTracks.addEventListener('addtrack', () => on.tracks(), { signal: aboutTextTracks.signal });
  hls.attachMedia(video);
  hls.loadSource(url);
  return {
    rungs: () => hls.levels.map((level, id) => ({
      id: String(id), width: level.width, height: level.height, bitrate: level.bitrate,
      codecs: [level.videoCodec, level.audioCodec].filter(Boolean).join(', '),
    })),
    current: () => String(hls.currentLevel),
    pin: (id) => { hls.nextLevel = id === null ? -1 : Number(id); },
    audios: () => hls.audioTracks.map(({ name, lang }, at) => ({ id: String(at), language: lang ?? '', label: name })),
    currentAudio: () => (hls.audioTrack < 0 ? null : String(hls.audioTrack)),
    selectAudio: (id) => { hls.audioTrack = Number(id); },
    texts: () => [
      ...hls.subtitleTracks.map(({ name, lang }, at) => ({ id: String(at), language: lang ?? '', label: name })),
      ...captions().map(({ label, language }) => ({ id: `cc:${label}`, language, label })),
    ],
    currentText: () => {
      const caption = captions().find(({ mode }) => mode === 'showing');
      if (caption) return `cc:${caption.label}`;
      return hls.subtitleTrack < 0 || !hls.subtitleDisplay ? null : String(hls.subtitleTrack);
    },
    selectText: (id) => {
      for (const track of captions()) track.mode = id === `cc:${track.label}` ? 'showing' : 'hidden';
      hls.subtitleTrack = id === null || id.startsWith('cc:') ? -1 : Number(id);
      hls.subtitleDisplay = hls.subtitleTrack >= 0;
    },
    period: () => discontinuity,
    // EXT-X-PROGRAM-DATE-TIME, carried on to the playhead.
    date: () => (live ? hls.playingDate?.getTime() ?? null : null),
    close: async () => {
      aboutTextTracks.abort();
      hls.destroy();
    },
  };
}

function clearKey(licence) {
  return {
    emeEnabled: true,
    drmSystems: { 'org.w3.clearkey': { licenseUrl: licence, generateRequest: keyIds } },
    pLoader: ClearKeyPlaylists,
  };
}

// Asks by key id (W3C "keyids" initialisation data): playlists carry no pssh for ClearKey.
function keyIds(initDataType, initData, { decryptdata }) {
  if (!decryptdata.keyId) return { initDataType, initData };
  const kid = btoa(String.fromCharCode(...decryptdata.keyId))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return { initDataType: 'keyids', initData: new TextEncoder().encode(JSON.stringify({ kids: [kid] })).buffer };
}

// An identity key wins over every other KEYFORMAT in hls.js, which with SAMPLE-AES then decrypts MPEG-TS by itself and
// never asks the browser: with MP4 only ClearKey's own tag helps. Keys of one address are one key to hls.js, and all of
// ClearKey's have that of the licence server: a fragment tells them apart.
class ClearKeyPlaylists extends Hls.DefaultConfig.loader {
  load(context, config, callbacks) {
    const onSuccess = (response, ...rest) => {
      if (typeof response.data === 'string') {
        response.data = response.data
          .replace(/^#EXT-X-KEY:.*KEYFORMAT="identity".*\r?\n/gm, '')
          .replace(/^(#EXT-X-KEY:.*URI="[^"]*)(".*KEYFORMAT="org\.w3\.clearkey".*KEYID=0x([0-9a-f]+).*)$/gim, '$1#$3$2');
      }
      callbacks.onSuccess(response, ...rest);
    };
    super.load(context, config, { ...callbacks, onSuccess });
  }
}
