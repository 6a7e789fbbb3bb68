// uPlot, dressed by the style sheet's variables and made again when these change (light, dark) or when lines come or go.
import uPlot from './vendor/uplot/uPlot.esm.js';
import { plotOptions } from './plot-options.js';
/** @typedef {import('./chart-data.js').Line} Line */
/** @typedef {{draw(columns: [number[], ...Line[]], cells: number): void, point(index: number): void, destroy(): void}} Plot */
/**
 * @typedef {object} PlotHooks
 * @property {(index: number | null) => void} moved the cursor is over a column
 * @property {(index: number | null) => void} picked a column was clicked
 * @property {() => number | null} marked x of the window that the table shows
 */

/** @param {HTMLElement} host @param {PlotHooks} hooks @param {number} step seconds of a window @returns {Plot} */
export function createPlot(host, hooks, step) {
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
      plot = new uPlot({ ...plotOptions(cells, hooks, step), ...size() }, columns, host);
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
