// Figures in words that fit a tile.

export function bitrate(bitsPerSecond) {
  if (!Number.isFinite(bitsPerSecond) || bitsPerSecond <= 0) return '–';
  const [value, unit] = bitsPerSecond >= 1e9 ? [bitsPerSecond / 1e9, 'Gb/s']
    : bitsPerSecond >= 1e6 ? [bitsPerSecond / 1e6, 'Mb/s']
      : [bitsPerSecond / 1e3, 'kb/s'];
  return `${digits(value)} ${unit}`;
}

export function bytes(count) {
  if (!Number.isFinite(count)) return '–';
  if (count < 1000) return `${count} B`;
  const [value, unit] = count >= 1e9 ? [count / 1e9, 'GB'] : count >= 1e6 ? [count / 1e6, 'MB'] : [count / 1e3, 'kB'];
  return `${digits(value)} ${unit}`;
}

export function milliseconds(value) {
  if (!Number.isFinite(value)) return '–';
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : value >= 10 ? `${Math.round(value)} ms` : `${value.toFixed(1)} ms`;
}

export const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(1)} s` : '–');

// Where a tenth is much.
export const fineSeconds = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} s` : '–');

// Three significant digits.
const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

const PROTOCOLS = { h3: 'HTTP/3', h2: 'HTTP/2', 'http/1.1': 'HTTP/1.1', 'http/1.0': 'HTTP/1.0' };

export const protocolName = (alpn) => PROTOCOLS[alpn] ?? (alpn || '–');

export const rungName = ({ width, height, name }) =>
  (height ? `${Math.min(width || Infinity, height)}p` : name ?? 'audio');
