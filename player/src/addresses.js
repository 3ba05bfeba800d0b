// What to type elsewhere: the addresses of the selection, and commands that use them.
import { $, copy, make } from './dom.js';

export function showAddresses({ protection, manifest }, { hls, dash, licence }) {
  const url = manifest === 'hls' ? hls : dash;
  const rows = [
    ['HLS', hls],
    ...(dash ? [['DASH', dash]] : []),
    ...(licence ? [['ClearKey licence', licence]] : []),
    ['ffplay', ffplay(protection, hls, dash, url)],
    // VLC has no ClearKey.
    ...(['clear', 'aes128'].includes(protection) ? [['VLC', `vlc ${quoted(url)}`]] : []),
    ['curl', curl(url)],
  ];
  $('addresses').replaceChildren(...rows.flatMap(([name, value]) => row(name, value)));
}

function row(name, value) {
  const button = make('button', { type: 'button', className: 'button small', textContent: 'Copy', ariaLabel: `Copy: ${name}` });
  button.addEventListener('click', () => copy(value, button));
  return [
    make('dt', { textContent: name }),
    make('dd', {}, make('code', { textContent: value, title: value, tabIndex: 0 }), button),
  ];
}

// ffmpeg fetches the keys that an HLS playlist names for AES-128 and SAMPLE-AES; for cenc it must be told one.
function ffplay(protection, hls, dash, url) {
  if (protection === 'cenc') return `ffplay -cenc_decryption_key KEY_AS_HEX ${quoted(dash)}`;
  return `ffplay ${quoted(protection === 'cbcs' ? hls : url)}`;
}

const curl = (url) => (url.startsWith('https:') ? `curl -k --http2 ${quoted(url)}` : `curl ${quoted(url)}`);

// One argument for a POSIX shell.
const quoted = (value) => (/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`);
