// Reads a transport stream with mux.js and prints what comes out: PES packets with timestamps and digests, and how many
// access units and frames the parsers behind find in them. Fails on any warning.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import muxjs from 'mux.js';

const { mp2t, codecs } = muxjs;
const [file] = process.argv.slice(2);
if (!file) throw new Error('usage: demux-ts.mjs FILE');

const packets = new mp2t.TransportPacketStream();
const parser = new mp2t.TransportParseStream();
const elementary = new mp2t.ElementaryStream();
const h264 = new codecs.h264.H264Stream();
const adts = new codecs.Adts();
packets.pipe(parser).pipe(elementary);
elementary.pipe(h264);
elementary.pipe(adts);

const out = { streams: {}, pes: { video: [], audio: [] }, units: {}, frames: [], warnings: [] };
for (const stream of [packets, parser, elementary, h264, adts]) {
  stream.on('log', ({ level, message }) => {
    if (level !== 'debug') out.warnings.push(message);
  });
}
elementary.on('data', (event) => {
  if (event.type === 'metadata') {
    for (const { type, codec, id } of event.tracks) out.streams[type] = { codec, pid: id };
  } else if (out.pes[event.type]) {
    const { pts, dts, data } = event;
    const digest = createHash('sha256').update(data).digest('hex');
    out.pes[event.type].push({ pts, dts: dts ?? pts, bytes: data.length, digest });
  }
});
h264.on('data', ({ nalUnitType }) => {
  const name = nalUnitType ?? 'slice';
  out.units[name] = (out.units[name] ?? 0) + 1;
});
adts.on('data', ({ pts, samplerate, channelcount, data }) => {
  out.frames.push({ pts, samplerate, channelcount, bytes: data.length });
});

packets.push(new Uint8Array(readFileSync(file)));
packets.flush();
console.log(JSON.stringify(out));
if (out.warnings.length > 0) {
  console.error(out.warnings.join('\n'));
  process.exit(1);
}
