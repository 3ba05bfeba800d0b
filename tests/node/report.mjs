// Opens pages of edgepack-loadtest in headless Chromium, wide and narrow, light and dark; prints what is amiss as JSON:
// requests beside the page itself, content wider than the window, labels of plots over each other. Exit code 0: the
// pages were looked at; 2: wrong arguments.
//
//   node report.mjs FILE.html… [--screenshots DIR] [--chromium PATH]
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const WIDTHS = [1280, 390];
const SCHEMES = ['light', 'dark'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    screenshots: { type: 'string' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});
if (positionals.length === 0) {
  process.stderr.write('usage: report.mjs FILE.html… [options]\n');
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: values.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
});
try {
  const looks = [];
  for (const file of positionals) looks.push(...await look(file));
  console.log(JSON.stringify(looks, null, 2));
} finally {
  await browser.close();
}

async function look(file) {
  const url = pathToFileURL(resolve(file)).href;
  const page = await browser.newPage();
  const requests = [];
  const errors = [];
  page.on('request', (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const looks = [];
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(url, { waitUntil: 'load' });
      if (values.screenshots) {
        const name = `${basename(file, '.html')}-${width}-${scheme}.png`;
        await page.screenshot({ path: join(values.screenshots, name), fullPage: true });
      }
      const { background, ...seen } = await page.evaluate(measure);
      looks.push({ file: basename(file), width, scheme, background, ...seen });
    }
  }
  await page.close();
  return looks.map((look) => ({ ...look, requests, errors }));
}

// Runs in the page.
function measure() {
  const name = (element) => `<${element.localName}> ${element.textContent.trim().slice(0, 60)}`;
  const scrolls = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX)) return true;
    }
    return false;
  };
  const wide = document.scrollingElement.scrollWidth > window.innerWidth
    ? [`the page is ${document.scrollingElement.scrollWidth} wide`] : [];
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect();
    if (box.width > 0 && box.right > window.innerWidth + 1 && !scrolls(element)) wide.push(name(element));
  }
  const overlaps = [];
  const outside = [];
  for (const plot of document.querySelectorAll('svg')) {
    const frame = plot.getBoundingClientRect();
    const labels = [...plot.querySelectorAll('text')].filter((label) => label.textContent.trim());
    const boxes = labels.map((label) => label.getBoundingClientRect());
    boxes.forEach((a, i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) {
        outside.push(labels[i].textContent);
      }
      boxes.slice(i + 1).forEach((b, j) => {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 3) overlaps.push(`${labels[i].textContent} | ${labels[i + 1 + j].textContent}`);
      });
    });
  }
  const background = getComputedStyle(document.body).backgroundColor;
  return { background, wide: wide.slice(0, 10), overlaps: overlaps.slice(0, 10), outside: outside.slice(0, 10) };
}
