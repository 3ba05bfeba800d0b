// Which player plays what. The libraries are not loaded to answer this.

export const PLAYERS = {
  hls: { label: 'hls.js', file: './hls.js', manifests: ['hls'] },
  dash: { label: 'dash.js', file: './dash.js', manifests: ['dash'] },
  shaka: { label: 'Shaka Player', file: './shaka.js', manifests: ['hls', 'dash'] },
};

export const MANIFESTS = { hls: 'HLS', dash: 'DASH' };

export const PROTECTIONS = {
  clear: { label: 'Clear', detail: 'no encryption' },
  cenc: { label: 'cenc', detail: 'AES-CTR' },
  cbcs: { label: 'cbcs', detail: 'AES-CBC pattern' },
};

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
