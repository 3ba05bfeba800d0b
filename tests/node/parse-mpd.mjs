// Reads an MPD with mpd-parser, prints the playlists it made of it as JSON, fails on any warning.
import { parse } from 'mpd-parser';
import { finish, input } from './input.mjs';

const { text, base } = input('usage: parse-mpd.mjs [FILE|-] [BASE-URL]');
const warnings = [];
// What a dynamic MPD lists depends on the time: that of its writing.
const published = /publishTime="([^"]+)"/.exec(text);
const manifest = parse(text, {
  manifestUri: base,
  ...(published && { NOW: Date.parse(published[1]) }),
  // The parser's eventHandler hears warnings and notes alike.
  eventHandler: ({ type, message }) => {
    if (type === 'warn') warnings.push(message);
  },
});
if (manifest.playlists.length === 0) warnings.push('no representation was understood');
finish(manifest, warnings);
