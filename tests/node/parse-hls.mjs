// Reads a playlist with m3u8-parser, prints what it understood as JSON, fails on any warning.
import { Parser } from 'm3u8-parser';
import { finish, input } from './input.mjs';

const { text, base } = input('usage: parse-hls.mjs [FILE|-] [BASE-URL]');
const warnings = [];
const parser = new Parser({ uri: base });
parser.on('warn', ({ message }) => warnings.push(message));
parser.push(text);
parser.end();

const { manifest } = parser;
if (!text.startsWith('#EXTM3U')) warnings.push('no #EXTM3U on the first line');
if (manifest.segments.length === 0 && !manifest.playlists?.length) {
  warnings.push('neither segments nor variants');
}
finish(manifest, warnings);
