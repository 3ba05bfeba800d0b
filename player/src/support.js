// Which player plays what. The libraries are not loaded to answer this.

export const PLAYERS = {
  hls: { label: 'hls.js', file: './hls.js', manifests: ['hls'] },
  dash: { label: 'dash.js', file: './dash.js', manifests: ['dash'] },
  shaka: { label: 'Shaka Player', file: './shaka.js', manifests: ['hls', 'dash'] },
};

export const MANIFESTS = { hls: 'HLS', dash: 'DASH' };

// The shapes in which a manifest's media comes, the usual one first. `clear`: not of protected video.
export const FORMS = {
  hls: {
    cmaf: { label: 'CMAF', file: 'index.m3u8', detail: 'Fragmented MP4, a file per segment' },
    ts: { label: 'MPEG-TS', file: 'index-ts.m3u8', detail: 'Transport stream and packed audio', clear: true },
    file: { label: 'Single file', file: 'ondemand.m3u8', detail: 'Byte ranges of one file per track', clear: true },
  },
  dash: {
    number: { label: 'Number', file: 'manifest.mpd', detail: 'Segments by number' },
    time: { label: 'Time', file: 'manifest-time.mpd', detail: 'Segments by time' },
    file: { label: 'Single file', file: 'ondemand.mpd', detail: 'On-demand profile: one file per track', clear: true },
  },
};

export const PROTECTIONS = {
  clear: { label: 'Clear', detail: 'no encryption' },
  cenc: { label: 'cenc', detail: 'AES-CTR' },
  cbcs: { label: 'cbcs', detail: 'AES-CBC pattern' },
};

export const formsOf = (manifest, protection) =>
  Object.entries(FORMS[manifest]).map(([value, form]) => ({ ...form, value, offered: protection === 'clear' || !form.clear }));

// Why nothing here can play this, in a sentence; null when it can be played.
export function whyNot({ protection, asset }) {
  if (protection === 'clear') return null;
  if (!asset.clearkey) {
    return 'This mount has no ClearKey licence server, so a browser page cannot get its keys.';
  }
  if (!window.isSecureContext || !navigator.requestMediaKeySystemAccess) {
    return 'Browsers decrypt on HTTPS pages and on http://localhost only.';
  }
  return null;
}
