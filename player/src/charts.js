// Small charts of the last minute, drawn as SVG.
import { makeSvg } from './dom.js';

const SPAN_MS = 60_000;
const HEIGHT = 56;

export class Chart {
  #points = [];
  #marks = [];

  // `floor`: the least top of the scale, so that small figures look small. `format`: its words.
  constructor(svg, { floor, format }) {
    this.svg = svg;
    this.floor = floor;
    this.format = format;
    this.top = floor;
    this.grid = makeSvg('path', { class: 'chart-grid' });
    this.band = makeSvg('g');
    this.area = makeSvg('path', { class: 'chart-area' });
    this.line = makeSvg('path', { class: 'chart-line' });
    this.scale = makeSvg('text', { class: 'chart-scale', x: 0, y: 11 });
    svg.append(this.grid, this.band, this.area, this.line, this.scale);
    this.width = 300;
    new ResizeObserver(() => this.#resize()).observe(svg);
    this.#resize();
  }

  reset() {
    this.#points = [];
    this.#marks = [];
    this.top = this.floor;
    this.#draw(performance.now());
  }

  add(now, value) {
    this.#points.push([now, value]);
    while (this.#points.length > 2 && this.#points[1][0] < now - SPAN_MS) this.#points.shift();
    const highest = Math.max(this.floor, ...this.#points.map(([, v]) => (Number.isFinite(v) ? v : 0)));
    this.top = highest * 1.15;
    this.#draw(now);
  }

  // A stretch of time to show behind the line: a stall.
  mark(from, until) {
    this.#marks.push([from, until]);
  }

  #resize() {
    this.width = Math.max(60, this.svg.clientWidth || 300);
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${HEIGHT}`);
    const lines = [1, HEIGHT / 2, HEIGHT - 1].map((y) => `M0 ${y}H${this.width}`);
    this.grid.setAttribute('d', lines.join(''));
    this.#draw(this.#points.at(-1)?.[0] ?? performance.now());
  }

  #draw(now) {
    const x = (time) => (this.width * (1 - (now - time) / SPAN_MS)).toFixed(1);
    const y = (value) => (HEIGHT - 1 - (HEIGHT - 4) * Math.min(1, value / this.top)).toFixed(1);
    const known = this.#points.filter(([, value]) => Number.isFinite(value));
    const path = known.map(([time, value], at) => `${at ? 'L' : 'M'}${x(time)} ${y(value)}`).join('');
    this.line.setAttribute('d', path);
    this.scale.textContent = known.length ? this.format(this.top) : '';
    const closed = known.length > 1
      ? `${path}L${x(known.at(-1)[0])} ${HEIGHT}L${x(known[0][0])} ${HEIGHT}Z` : '';
    this.area.setAttribute('d', closed);
    this.#marks = this.#marks.filter(([, until]) => until > now - SPAN_MS);
    this.band.replaceChildren(...this.#marks.map(([from, until]) => makeSvg('rect', {
      class: 'chart-mark', x: x(from), y: 0, width: Math.max(2, x(until) - x(from)), height: HEIGHT,
    })));
  }
}
