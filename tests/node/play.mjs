// Opens a player page in headless Chromium, waits until it has played so many seconds or has gone
// through a script, or failed; prints what was seen as JSON. Exit code 0: played; 1: did not; 2: wrong arguments.
//
//   node play.mjs URL [--seconds 9 | --do '[STEP,…]'] [--timeout 60] [--spki BASE64,…] [--quic HOST:PORT]
//                     [--screenshot FILE] [--size 1280x900] [--dark] [--still] [--spoil-keys] [--chromium PATH]
//                     [--page DIR]
//
// --do: see steps.mjs. --timeout: of the whole, and of each step. --spki: certificates to trust, by the SHA-256
// of their public key. --quic: speak HTTP/3 there from the first request on. --still: do not wait for playback
// (for a picture of the page). --spoil-keys: keys arrive with a bit that the node did not send. --page: the page's own files from this folder, not from the node.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { follow } from './steps.mjs';

const ALWAYS = [
  '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '9' },
    do: { type: 'string' },
    timeout: { type: 'string', default: '60' },
    spki: { type: 'string' },
    quic: { type: 'string' },
    screenshot: { type: 'string' },
    size: { type: 'string', default: '1280x900' },
    dark: { type: 'boolean', default: false },
    still: { type: 'boolean', default: false },
    'spoil-keys': { type: 'boolean', default: false },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    page: { type: 'string' },
  },
});
if (positionals.length !== 1) {
  process.stderr.write('usage: play.mjs URL [options]\n');
  process.exit(2);
}

const [url] = positionals;
const [width, height] = values.size.split('x').map(Number);
const browser = await chromium.launch({ executablePath: values.chromium, args: flags() });
let code = 1;
try {
  const result = await watch(await browser.newPage({
    viewport: { width, height },
    colorScheme: values.dark ? 'dark' : 'light',
    // Keys that are to be spoilt are fetched here, which knows nothing of --spki.
    ignoreHTTPSErrors: values['spoil-keys'],
  }));
  code = result.played || (values.still && result.errors.length === 0) ? 0 : 1;
  console.log(JSON.stringify(result, null, 2));
} finally {
  await browser.close();
}
process.exit(code);

function flags() {
  const flags = [...ALWAYS];
  if (values.spki) flags.push(`--ignore-certificate-errors-spki-list=${values.spki}`);
  if (values.quic) {
    const host = values.quic.split(':')[0];
    flags.push(
      '--enable-quic', `--origin-to-force-quic-on=${values.quic}`,
      `--host-resolver-rules=MAP ${host} 127.0.0.1`,
    );
  }
  return flags;
}

async function watch(page) {
  const errors = [];
  page.on('pageerror', (error) => errors.push(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('requestfailed', (request) => {
    // A player that changes its mind aborts requests; that is no fault.
    const text = request.failure()?.errorText ?? '';
    if (text !== 'net::ERR_ABORTED') errors.push(`${request.url()}: ${text}`);
  });
  if (values.page) await page.route('**/player/*', (route) => fromFolder(route, values.page));
  if (values['spoil-keys']) await page.route(/\/clearkey$|\.key$/, spoilKeys);
  const timeout = Number(values.timeout) * 1000;
  let waited = 'ended';
  let steps = [];
  try {
    await page.goto(url, { timeout, waitUntil: 'load' });
    if (values.do) {
      steps = await follow(page, JSON.parse(values.do), timeout);
    } else {
      const until = { seconds: Number(values.seconds), still: values.still };
      await page.waitForFunction(({ seconds, still }) => {
        const state = globalThis.edgepack?.state;
        return state?.ready && (still || state.errors.length > 0 || state.ended || state.currentTime >= seconds);
      }, until, { timeout, polling: 100 });
    }
  } catch (error) {
    waited = error.name === 'TimeoutError' ? `nothing after ${values.timeout} s` : error.message;
  }
  const state = await page.evaluate(() => globalThis.edgepack?.state ?? null).catch(() => null);
  const log = await page.evaluate(() => [...document.querySelectorAll('#log li')].map((line) => line.textContent).reverse())
    .catch(() => []);
  const seen = await page.evaluate(resources).catch(() => []);
  if (values.screenshot) await page.screenshot({ path: values.screenshot, fullPage: true });
  errors.push(...(state?.errors ?? []).map((error) => error.text));
  const { requests = [], ...rest } = state ?? {};
  const enough = values.do ? true : rest.currentTime >= Number(values.seconds);
  return {
    played: waited === 'ended' && errors.length === 0 && enough,
    waited, errors, steps, log, state: rest,
    protocols: tally(seen.filter(({ kind }) => kind === 'media').map(({ protocol }) => protocol)),
    pageProtocols: tally(seen.filter(({ kind }) => kind === 'page').map(({ protocol }) => protocol)),
    requests: requests.map(({ url, status, bytes, protocol }) => ({ url, status, bytes, protocol })),
  };
}

// What the folder has; the rest, such as the configuration, comes from the node.
async function fromFolder(route, folder) {
  const name = basename(new URL(route.request().url()).pathname);
  const path = join(folder, name === 'player' ? 'index.html' : name);
  if (existsSync(path)) await route.fulfill({ path });
  else await route.continue();
}

// A raw key, or a licence (W3C EME, 9.1.4).
async function spoilKeys(route) {
  const response = await route.fetch();
  const body = await response.body();
  if (route.request().url().endsWith('.key')) return route.fulfill({ response, body: spoilt(body) });
  const licence = JSON.parse(body);
  for (const key of licence.keys) key.k = spoilt(Buffer.from(key.k, 'base64url')).toString('base64url');
  return route.fulfill({ response, json: licence });
}

function spoilt(key) {
  key[0] ^= 1;
  return key;
}

// Runs in the page: what Resource Timing says of the page itself and of what was played.
function resources() {
  return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map(({ name, nextHopProtocol }) => ({
      kind: new URL(name).pathname.startsWith('/player/') ? 'page' : 'media', protocol: nextHopProtocol,
    }));
}

function tally(names) {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
