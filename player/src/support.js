// Which player plays what. The libraries are not loaded to answer this.

export const PLAYERS = {
  hls: { label: 'hls.js', file: './hls.js', manifests: ['hls'] },
  dash: { label: 'dash.js', file: './dash.js', manifests: ['dash'] },
  shaka: { label: 'Shaka Player', file: './shaka.js', manifests: ['hls', 'dash'] },
};

export const MANIFESTS = { hls: 'HLS', dash: 'DASH' };

// The shapes in which a manifest's media comes, the usual one first. `live`: channels come in it.
export const FORMS = {
  hls: {
    cmaf: { label: 'CMAF', file: 'index.m3u8', detail: 'Fragmented MP4, a file per segment', live: true },
    ts: { label: 'MPEG-TS', file: 'index-ts.m3u8', detail: 'Transport stream and packed audio' },
    file: { label: 'Single file', file: 'ondemand.m3u8', detail: 'Byte ranges of one file per track' },
  },
  dash: {
    number: { label: 'Number', file: 'manifest.mpd', detail: 'Segments by number', live: true },
    time: { label: 'Time', file: 'manifest-time.mpd', detail: 'Segments by time' },
    file: { label: 'Single file', file: 'ondemand.mpd', detail: 'On-demand profile: one file per track' },
  },
};

// `forms`, `players`: those that protected video comes in and is played by; unset: all. `licences`: the browser decrypts
// with keys from a licence server; else the player does, with raw keys that the playlists name.
export const PROTECTIONS = {
  clear: { label: 'Clear', detail: 'no encryption' },
  cenc: { label: 'cenc', detail: 'AES-CTR', forms: ['cmaf', 'number', 'time'], licences: true },
  cbcs: { label: 'cbcs', detail: 'AES-CBC pattern', forms: ['cmaf', 'number', 'time'], licences: true },
  aes128: { label: 'AES-128', detail: 'whole segments', forms: ['cmaf', 'ts'], players: ['hls', 'shaka'] },
  'sample-aes': { label: 'SAMPLE-AES', detail: 'samples in MPEG-TS', forms: ['ts'], players: ['hls'] },
};

const admits = (list, value) => !list || list.includes(value);

export const formsOf = (manifest, protection, live = false) =>
  Object.entries(FORMS[manifest]).map(([value, form]) => ({
    ...form, value, offered: admits(PROTECTIONS[protection]?.forms, value) && (form.live || !live),
  }));

export const manifestsOf = (protection) =>
  Object.keys(MANIFESTS).filter((manifest) => formsOf(manifest, protection).some(({ offered }) => offered));

export const playersOf = (protection) => Object.keys(PLAYERS).filter((player) => admits(PROTECTIONS[protection]?.players, player)
  // It decrypts with Web Cryptography alone, which insecure pages lack.
  && (player !== 'shaka' || protection !== 'aes128' || window.isSecureContext));

// Why nothing here can play this, in a sentence; null when it can be played.
export function whyNot({ protection, asset }) {
  if (!PROTECTIONS[protection]?.licences) return null;
  if (!asset.clearkey) {
    return 'This mount has no ClearKey licence server, so a browser page cannot get its keys.';
  }
  if (!window.isSecureContext || !navigator.requestMediaKeySystemAccess) {
    return 'Browsers decrypt on HTTPS pages and on http://localhost only.';
  }
  return null;
}
