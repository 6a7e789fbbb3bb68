// The main cell's numbers, large; those that are numbers choose what the chart and the bars show.
import { html } from '../html.js';
import { NOTHING, exact, isNumeric, showIn, windowLabel, words } from '../format.js';
import { Cells } from './cells.js';
/** @typedef {import('../product.js').ProductView} ProductView */
/** @typedef {import('../../../src/wire').Column} Column */
/** @typedef {import('../../../src/wire').Row} Row */

/** @param {{view: ProductView}} props */
export function Measures({ view }) {
  const row = view.leadRow();
  const { windowColumn, measures, dimensions } = view.shape;
  const window = view.window ?? (row && view.shape.windowOf(row));
  return html`
    <section class="measures" aria-label="Numbers of the chosen cell">
      <div class="cell-line">
        ${dimensions.length > 0 && html`<${Cells} view=${view} />`}
        ${
          window !== undefined &&
          windowColumn !== null &&
          view.product.window &&
          html`<p class="when">
            ${`${windowLabel(window, view.product.window)} `}<abbr title="All times are UTC">UTC</abbr>
          </p>`
        }
      </div>
      <div
        class="tiles"
        role="radiogroup"
        aria-label="Measure"
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => step(event, view)}
      >
        ${measures.map((column) => html`<${Tile} key=${column.name} column=${column} row=${row} view=${view} />`)}
      </div>
    </section>
  `;
}

/** @param {{column: Column, row: Row | undefined, view: ProductView}} props */
function Tile({ column, row, view }) {
  const numeric = isNumeric(column.type);
  const value = row?.[column.name];
  const text = row ? showIn(row, column) : NOTHING;
  const body = html`
    <span class="label">${words(column.name)}</span>
    <span
      class=${numeric ? 'value' : 'value text'}
      title=${exact(value)}
      data-long=${text.length > 9 || undefined}
      >${text}</span
    >
  `;
  if (!numeric) return html`<div class="tile">${body}</div>`;
  const chosen = column.name === view.measure;
  return html`
    <button
      type="button"
      class="tile"
      role="radio"
      aria-checked=${chosen}
      tabindex=${chosen ? 0 : -1}
      data-measure=${column.name}
      onClick=${() => view.chooseMeasure(column.name)}
    >
      ${body}
    </button>
  `;
}

/** Arrow keys move the choice, as in any radio group. @param {KeyboardEvent} event @param {ProductView} view */
function step(event, view) {
  const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!move) return;
  event.preventDefault();
  const names = view.numericMeasures.map((column) => column.name);
  const at = names.indexOf(view.measure ?? '');
  const name = names[(at + move + names.length) % names.length];
  if (name === undefined) return;
  view.chooseMeasure(name);
  const group = /** @type {HTMLElement} */ (event.currentTarget);
  /** @type {HTMLElement | null} */ (group.querySelector(`[data-measure="${CSS.escape(name)}"]`))?.focus();
}
