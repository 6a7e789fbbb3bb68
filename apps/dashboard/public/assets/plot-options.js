// How the chart looks: axes in 24 hours and UTC, ink for what is final, the accent for what speed contributes to.
import uPlot from './vendor/uplot/uPlot.esm.js';
import { spanOf } from './chart-data.js';
import { brief } from './format.js';
/** @typedef {import('./plot.js').PlotHooks} PlotHooks */

/** @param {Intl.DateTimeFormatOptions} parts */
const utc = (parts) => new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: 'UTC' });
const TIME = utc({ hour: '2-digit', minute: '2-digit' });
const DATE = utc({ day: 'numeric', month: 'short' });
const MONTH = utc({ month: 'short', year: 'numeric' });
const YEAR = utc({ year: 'numeric' });
const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;
const YEAR_SECONDS = 365 * DAY_SECONDS;
/** Distances between ticks; from 30 days on uPlot takes them as calendar months and years. */
const STEPS = [
  ...[1, 5, 15, 30, 60, 300, 900, 1800],
  ...[1, 2, 3, 4, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 3, 5, 7, 10].map((days) => days * DAY_SECONDS),
  ...[1, 2, 3, 6].map((months) => months * MONTH_SECONDS),
  ...[1, 2, 5, 10, 50].map((years) => years * YEAR_SECONDS),
];

/** No tick within a window. @param {number} step seconds */
const stepsFrom = (step) => STEPS.filter((distance, i) => distance >= step || i === STEPS.length - 1);

/** @param {string} name of a variable of the style sheet */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Half of the last label stands beyond the axis. @param {number} step seconds of a window @param {string} font */
function roomOf(step, font) {
  const pen = document.createElement('canvas').getContext('2d');
  if (pen === null) return 28;
  pen.font = font;
  const widest = [step >= MONTH_SECONDS ? 'Sept 2000' : '30 Sept', '00:00'].map(
    (text) => pen.measureText(text).width,
  );
  return Math.ceil(Math.max(...widest) / 2) + 1;
}

/** @param {number} cells how many are drawn @param {PlotHooks} hooks @param {number} step seconds of a window @returns {Omit<uPlot.Options, 'width' | 'height'>} */
export function plotOptions(cells, hooks, step) {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colour('--ink-3'), font, ticks: { show: false } };
  const grid = { stroke: colour('--line'), width: 1 };
  return {
    legend: { show: false },
    padding: [8, roomOf(step, font), 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    scales: {
      x: { range: (u, min, max) => spanOf(u.data[0], step) ?? [min, max] },
      y: { range: (_, min, max) => fromZero(min, max) },
    },
    axes: [
      { ...axis, grid: { show: false }, gap: 6, space: 70, incrs: stepsFrom(step), values: timeLabels },
      {
        ...axis,
        grid,
        gap: 8,
        size: axisSize,
        values: (_, ticks) => ticks.map(brief),
      },
    ],
    series: [
      {},
      { fill: colour('--area'), points: { show: false } },
      ...Array.from({ length: cells }, (_, i) => linesOf(cells - 1 - i)).flat(),
    ],
    hooks: {
      setCursor: [(u) => hooks.moved(u.cursor.idx ?? null)],
      ready: [(u) => u.over.addEventListener('click', () => hooks.picked(u.cursor.idx ?? null))],
      drawAxes: [(u) => mark(u, hooks.marked())],
      draw: [newest],
    },
  };
}

/** From zero where that leaves the shape readable. @param {number} min @param {number} max @returns {uPlot.Range.MinMax} */
function fromZero(min, max) {
  if (min === null || max === null) return [0, 1];
  return min >= 0 && min <= max / 2 ? [0, max * 1.08 || 1] : uPlot.rangeNum(min, max, 0.1, true);
}

/** The final and the provisional line of the i-th cell; the main cell is number 0. @param {number} i @returns {uPlot.Series[]} */
function linesOf(i) {
  const main = i === 0;
  const stroke = colour(`--line-${i}`);
  const live = main ? colour('--accent') : stroke;
  const width = main ? 2 : 1.5;
  // Only points without a neighbour are drawn, by uPlot's own filter of gaps.
  const points = { size: 5, show: () => false };
  return [
    { stroke, width, points: { ...points, fill: stroke } },
    { stroke: live, width, ...(!main && { dash: [4, 4] }), points: { ...points, fill: live } },
  ];
}

/** As wide as the longest label. @param {uPlot} _ @param {string[] | null} labels */
const axisSize = (_, labels) => 16 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length));

/**
 * Times of day, with the date below where it begins; where ticks are further apart, dates or months.
 * @param {uPlot} _ @param {number[]} ticks seconds @param {number} _axis @param {number} _space @param {number} step seconds
 */
function timeLabels(_, ticks, _axis, _space, step) {
  if (step >= YEAR_SECONDS) return ticks.map((tick) => YEAR.format(tick * 1000));
  if (step >= MONTH_SECONDS) return ticks.map((tick) => MONTH.format(tick * 1000));
  const days = ticks.map((tick) => DATE.format(tick * 1000));
  if (step >= DAY_SECONDS) return days;
  return ticks.map((tick, i) => TIME.format(tick * 1000) + (days[i] === days[i - 1] ? '' : `\n${days[i]}`));
}

/** A dot where the main line ends now. @param {uPlot} u */
function newest(u) {
  const [x, area] = u.data;
  const live = u.data.at(-1);
  const [end, value] = [x.at(-1), area?.at(-1)];
  if (end === undefined || value === null || value === undefined) return;
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = colour(live?.at(-1) === null ? '--line-0' : '--accent');
  ctx.strokeStyle = colour('--surface');
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.beginPath();
  ctx.arc(u.valToPos(end, 'x', true), u.valToPos(value, 'y', true), 4.5 * devicePixelRatio, 0, 2 * Math.PI);
  ctx.stroke();
  ctx.fill();
  ctx.restore();
}

/** A line at the window that the table shows. @param {uPlot} u @param {number | null} x */
function mark(u, x) {
  if (x === null) return;
  u.ctx.save();
  u.ctx.fillStyle = colour('--ink-3');
  u.ctx.fillRect(Math.round(u.valToPos(x, 'x', true)), u.bbox.top, devicePixelRatio, u.bbox.height);
  u.ctx.restore();
}
