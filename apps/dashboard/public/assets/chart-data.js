// Rows as uPlot's columns: x in seconds, all values of the main cell (for the area), then two lines for each cell: its
// final part and its provisional part. The main cell comes last, so that it is drawn on top.
import { byTime } from './rows.js';
import { numeric } from './format.js';
/** @typedef {import('./product.js').ProductView} ProductView */
/** @typedef {(number | null)[]} Line */

/**
 * `windows[i]` is the window of column i; '' where a gap was put in, so that no line crosses windows without a row.
 * @param {ProductView | null} view @returns {{windows: string[], columns: [number[], ...Line[]]}}
 */
export function chartData(view) {
  if (!view?.product.window) return { windows: [], columns: [[], []] };
  const windows = withGaps(shownWindows(view), view.product.window);
  const x = windows.map(
    (window, i) => Date.parse(window || (windows[i - 1] ?? '')) / 1000 + (window ? 0 : 1),
  );
  /** @type {Line} */
  let area = [];
  const lines = view.keys.toReversed().flatMap((key) => {
    const series = view.series.get(key);
    const rows = windows.map((window) => series?.of(window)[0]);
    const values = rows.map((row) => numeric(row?.[view.measure ?? '']));
    area = values;
    return twoLines(
      values,
      rows.map((row) => row?._status === 'provisional'),
    );
  });
  return { windows, columns: [x, area, ...lines] };
}

/** The newest windows of the drawn cells, back to the span's start. @param {ProductView} view */
function shownWindows(view) {
  /** @type {Set<string>} */
  const all = new Set();
  for (const key of view.keys) for (const window of view.series.get(key)?.windows() ?? []) all.add(window);
  return [...all]
    .filter((window) => !Number.isNaN(Date.parse(window)))
    .sort(byTime)
    .slice(-view.span);
}

/**
 * Puts '' between neighbours that are further apart than one window.
 * @param {readonly string[]} windows in order @param {import('../../src/wire').ProductWindow} shape
 */
export function withGaps(windows, { sizeMicros, sizeMonths }) {
  const size = sizeMonths > 0 ? sizeMonths * 31 * 86_400_000 : sizeMicros / 1000;
  return windows.flatMap((window, i) => {
    const before = windows[i - 1];
    return before !== undefined && Date.parse(window) - Date.parse(before) > size ? ['', window] : [window];
  });
}

/**
 * What the axis of time shows of a single point: the windows beside it. uPlot alone would show a thousand days.
 * @param {ArrayLike<number>} x seconds @param {number} step of a window @returns {[number, number] | null} null: as the points lie
 */
export const spanOf = (x, step) => (x.length === 1 && x[0] !== undefined ? [x[0] - step, x[0] + step] : null);

/**
 * A segment is final if both its ends are, else it is provisional.
 * @param {readonly (number | null)[]} values @param {readonly boolean[]} provisional @returns {[Line, Line]}
 */
export function twoLines(values, provisional) {
  const near = values.map((_, i) => [i - 1, i, i + 1].some((at) => provisional[at]));
  return [
    values.map((value, i) => (provisional[i] ? null : value)),
    values.map((value, i) => (near[i] ? value : null)),
  ];
}
