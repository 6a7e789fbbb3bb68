// uPlot, dressed by the style sheet's variables and made again when these change (light, dark) or when lines come or go.
import uPlot from './vendor/uplot/uPlot.esm.js';
/** @typedef {import('./chart-data.js').Line} Line */
/** @typedef {{draw(columns: [number[], ...Line[]], cells: number): void, point(index: number): void, destroy(): void}} Plot */
/**
 * @typedef {object} PlotHooks
 * @property {(index: number | null) => void} moved the cursor is over a column
 * @property {(index: number | null) => void} picked a column was clicked
 * @property {() => number | null} marked x of the window that the table shows
 */

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {HTMLElement} host @param {PlotHooks} hooks @returns {Plot} */
export function createPlot(host, hooks) {
  /** @type {uPlot | null} */
  let plot = null;
  /** @type {{columns: [number[], ...Line[]], cells: number} | null} */
  let last = null;
  const size = () => ({ width: Math.max(200, host.clientWidth), height: Math.max(180, host.clientHeight) });
  const scheme = matchMedia('(prefers-color-scheme: dark)');

  function again() {
    plot?.destroy();
    plot = null;
    if (last) draw(last.columns, last.cells);
  }

  /** @type {Plot['draw']} */
  function draw(columns, cells) {
    if (plot && last?.cells === cells) plot.setData(columns);
    else {
      plot?.destroy();
      plot = new uPlot({ ...options(cells, hooks), ...size() }, columns, host);
    }
    last = { columns, cells };
  }

  const resized = new ResizeObserver(() => plot?.setSize(size()));
  resized.observe(host);
  scheme.addEventListener('change', again);
  return {
    draw,
    point(index) {
      const x = last?.columns[0][index];
      if (plot && x !== undefined) plot.setCursor({ left: plot.valToPos(x, 'x'), top: 1 });
    },
    destroy() {
      resized.disconnect();
      scheme.removeEventListener('change', again);
      plot?.destroy();
    },
  };
}

/** @param {number} cells @param {PlotHooks} hooks @returns {Omit<uPlot.Options, 'width' | 'height'>} */
function options(cells, hooks) {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: colour('--ink-3'),
    font,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    legend: { show: false },
    padding: [8, 8, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    scales: { y: { range: (_, min, max) => fromZero(min, max) } },
    axes: [
      { ...axis, grid: { show: false }, gap: 6 },
      {
        ...axis,
        size: axisSize,
        gap: 8,
        values: (_, values) => values.map((value) => (value === null ? '' : compact.format(value))),
      },
    ],
    series: [{}, ...Array.from({ length: cells }, (_, i) => linesOf(i)).flat()],
    hooks: {
      setCursor: [(u) => hooks.moved(u.cursor.idx ?? null)],
      ready: [(u) => u.over.addEventListener('click', () => hooks.picked(u.cursor.idx ?? null))],
      drawAxes: [(u) => mark(u, hooks.marked())],
    },
  };
}

/** From zero where that leaves the shape readable. @param {number} min @param {number} max @returns {uPlot.Range.MinMax} */
function fromZero(min, max) {
  if (min === null || max === null) return [0, 1];
  return min >= 0 && min <= max / 2 ? [0, max * 1.08 || 1] : uPlot.rangeNum(min, max, 0.1, true);
}

/** The final and the provisional line of the i-th cell; the main cell comes first. @param {number} i @returns {uPlot.Series[]} */
function linesOf(i) {
  const main = i === 0;
  const stroke = colour(`--line-${i}`);
  const points = { size: 5 };
  return [
    {
      stroke,
      width: main ? 2 : 1.5,
      points: { ...points, fill: stroke },
      ...(main && { fill: colour('--area') }),
    },
    main
      ? {
          stroke: colour('--accent'),
          width: 2,
          fill: colour('--area-live'),
          points: { ...points, fill: colour('--accent') },
        }
      : { stroke, width: 1.5, dash: [4, 4], points: { ...points, fill: colour('--surface') } },
  ];
}

/** As wide as the longest label. @param {uPlot} _ @param {string[] | null} labels */
const axisSize = (_, labels) => 16 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length));

/** A line at the window that the table shows. @param {uPlot} u @param {number | null} x */
function mark(u, x) {
  if (x === null) return;
  const left = Math.round(u.valToPos(x, 'x', true));
  u.ctx.save();
  u.ctx.fillStyle = colour('--ink-3');
  u.ctx.fillRect(left, u.bbox.top, devicePixelRatio, u.bbox.height);
  u.ctx.restore();
}
