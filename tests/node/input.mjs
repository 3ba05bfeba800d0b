// The text of the file named on the command line, or of standard input, and its base address.
import { readFileSync } from 'node:fs';
import { argv, exit, stderr } from 'node:process';

export function input(usage) {
  const [file = '-', base = 'http://localhost/asset/'] = argv.slice(2);
  if (file === '--help') {
    stderr.write(`${usage}\n`);
    exit(2);
  }
  return { text: readFileSync(file === '-' ? 0 : file, 'utf8'), base };
}

// Prints what was read as JSON; warnings make it a failure.
export function finish(result, warnings) {
  console.log(JSON.stringify({ ...result, warnings }, replacer, 2));
  if (warnings.length > 0) {
    stderr.write(`${warnings.length} warning(s): ${warnings.join('; ')}\n`);
    exit(1);
  }
}

// Binary fields (pssh, IV) as hex.
function replacer(_key, value) {
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  }
  return value;
}
