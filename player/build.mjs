// Bundles the page into dist/: every library a file of its own, loaded when it is chosen.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = (name) => join(here, 'src', name);
const dist = (name) => join(here, 'dist', name);
const library = (name) => join(here, 'node_modules', name);

const NAMES = { 'hls.js': 'hls.js', dashjs: 'dash.js', 'shaka-player': 'Shaka Player' };
const BUNDLED = ['hls.js', 'dashjs', 'shaka-player', '@fontsource-variable/inter'];

await rm(dist(''), { recursive: true, force: true });
await mkdir(dist(''), { recursive: true });

await build({
  entryPoints: {
    app: source('app.js'),
    hls: source('players/hls.js'),
    dash: source('players/dash.js'),
    shaka: source('players/shaka.js'),
  },
  outdir: dist(''),
  define: { LIBRARIES: JSON.stringify(await libraries()) },
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'warning',
});
await build({
  entryPoints: [source('theme.js'), source('app.css')],
  outdir: dist(''),
  bundle: true,
  external: ['*.woff2'],
  format: 'iife',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});
await copyFile(source('index.html'), dist('index.html'));
await copyFile(source('favicon.svg'), dist('favicon.svg'));
await copyFile(
  library('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'),
  dist('inter.woff2'),
);
await writeFile(dist('licences.txt'), await licences());

// `hls.js 1.2.3, dash.js 4.5.6, …`
async function libraries() {
  const named = Object.entries(NAMES).map(async ([name, shown]) => `${shown} ${(await manifest(name)).version}`);
  return (await Promise.all(named)).join(', ');
}

async function manifest(name) {
  return JSON.parse(await readFile(join(library(name), 'package.json'), 'utf8'));
}

async function licences() {
  const parts = [];
  for (const name of BUNDLED) {
    const { version, license } = await manifest(name);
    const file = name === 'dashjs' ? 'LICENSE.md' : 'LICENSE';
    const text = await readFile(join(library(name), file), 'utf8');
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${'-'.repeat(79)}\n\n`);
}
