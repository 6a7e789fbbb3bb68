// One window's rows by size of the chosen measure, or the windows themselves where a product has no dimension.
import { Component, html } from '../html.js';
import { count, exact, isNumeric, numeric, show, showIn, windowLabel, words } from '../format.js';
/** @typedef {import('../product.js').ProductView} ProductView */
/** @typedef {import('../../../src/wire').Column} Column */
/** @typedef {import('../../../src/wire').Row} Row */

const SHORT = 25;
const LONG = 1000;
/** @type {Record<string, string>} */
const MEANING = {
  final: 'final: only a late event changes it',
  provisional: 'provisional: its window is open, or speed contributes',
  amended: 'amended: it was final, then a late event came',
};

/** @typedef {{view: ProductView}} Props */
/** @extends {Component<Props, {long: boolean}>} */
export class RowsTable extends Component {
  /** @override */
  state = { long: false };

  /** @override @param {Props} props */
  render({ view }) {
    const rows = view.tableRows();
    const shown = rows.slice(0, this.state.long ? LONG : SHORT);
    const { dimensions, measures } = view.shape;
    const byWindow = dimensions.length === 0;
    const largest = Math.max(...rows.map((row) => Math.abs(numeric(row[view.measure ?? '']) ?? 0)), 0);
    const column = measures.find((measure) => measure.name === view.measure);
    // All numbers get the room of the longest, so that the bars beside them have one scale.
    const digits = Math.max(
      4,
      ...shown.map((row) => show(row[column?.name ?? ''], column?.type ?? '').length),
    );
    return html`
      <section class="rows" aria-label="Rows">
        <${TableHead} view=${view} found=${rows.length} byWindow=${byWindow} />
        <div class="scroll">
          <table class=${digits > 12 ? 'long' : ''} style=${{ '--digits': digits }}>
            <thead>
              <tr>
                ${byWindow ? html`<th>window</th>` : dimensions.map((column) => html`<th key=${column.name}>${words(column.name)}</th>`)}
                ${measures.map((column) => html`<th key=${column.name} class=${classOf(column, view)}>${words(column.name)}</th>`)}
                <th class="status"><span class="unseen">status</span></th>
              </tr>
            </thead>
            <tbody>
              ${shown.map((row) => html`<${TableRow} key=${row._cell} row=${row} view=${view} largest=${largest} byWindow=${byWindow} />`)}
            </tbody>
          </table>
        </div>
        ${rows.length === 0 && html`<p class="none">No row ${view.filter ? `with “${view.filter}”` : 'in this window'}.</p>`}
        <${TableFoot}
          rows=${rows}
          view=${view}
          long=${this.state.long}
          toggle=${() => this.setState({ long: !this.state.long })}
        />
      </section>
    `;
  }
}

/** @param {Column} column @param {ProductView} view */
function classOf(column, view) {
  return [
    isNumeric(column.type) ? 'number' : 'text',
    column.name === view.measure ? 'chosen' : 'optional',
  ].join(' ');
}

/** @param {{view: ProductView, found: number, byWindow: boolean}} props */
function TableHead({ view, found, byWindow }) {
  const shape = view.product.window;
  const shown = view.window ?? view.rows.latest();
  return html`
    <header class="rows-head">
      <h2>
        ${byWindow ? 'Windows' : shape && shown !== undefined ? windowLabel(shown, shape) : `Top by ${words(view.measure ?? '')}`}
      </h2>
      ${!byWindow && shape && html`<${Stepper} view=${view} />`}
      ${
        !byWindow &&
        html`<input
          class="filter"
          type="search"
          aria-label="Filter rows"
          placeholder="Filter ${count(found)} ${found === 1 ? 'row' : 'rows'}"
          value=${view.filter}
          onInput=${(/** @type {Event} */ event) => view.chooseFilter(/** @type {HTMLInputElement} */ (event.target).value)}
        />`
      }
    </header>
  `;
}

/** @param {{view: ProductView}} props */
function Stepper({ view }) {
  const windows = [
    ...new Set([...(view.series.get(view.keys[0] ?? '')?.windows() ?? []), ...view.rows.windows()]),
  ].sort();
  const at = windows.indexOf(view.window ?? view.rows.latest() ?? '');
  const latest = view.window === null;
  /** @param {number} i */
  const go = (i) => view.chooseWindow(i >= windows.length - 1 ? null : (windows[i] ?? null));
  return html`
    <div class="stepper" role="group" aria-label="Window">
      <button
        type="button"
        class="quiet"
        aria-label="Window before"
        disabled=${at <= 0}
        onClick=${() => go(at - 1)}
      >
        ‹
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Window after"
        disabled=${latest}
        onClick=${() => go(at + 1)}
      >
        ›
      </button>
      <button type="button" class="quiet" aria-pressed=${latest} onClick=${() => view.chooseWindow(null)}>
        Newest
      </button>
    </div>
  `;
}

/** @param {{row: Row, view: ProductView, largest: number, byWindow: boolean}} props */
function TableRow({ row, view, largest, byWindow }) {
  const { dimensions, measures, keyOf, windowOf } = view.shape;
  const key = keyOf(row);
  const drawn = !byWindow && view.keys.indexOf(key);
  return html`
    <tr class=${drawn === 0 ? 'lead' : ''}>
      ${
        byWindow
          ? html`<th scope="row">
              ${view.product.window && windowLabel(windowOf(row), view.product.window)}
            </th>`
          : dimensions.map((column, i) => {
              const text = show(row[column.name], column.type);
              return html`<th scope="row" key=${column.name}>
                ${i === 0 ? html`<button type="button" aria-pressed=${drawn === 0} title="Show its numbers" onClick=${() => view.lead(key)}>${text}</button>` : text}
              </th>`;
            })
      }
      ${measures.map((column) => {
        const value = row[column.name];
        const chosen = column.name === view.measure;
        const size = numeric(value) ?? 0;
        return html`<td key=${column.name} class=${classOf(column, view)} title=${exact(value)}>
          ${chosen && largest > 0 && html`<i class="gauge"><i class=${size < 0 ? 'bar below' : 'bar'} style=${{ width: `${(100 * Math.abs(size)) / largest}%` }} /></i>`}<span
            >${showIn(row, column)}</span
          >
        </td>`;
      })}
      <td class="status">
        <i class="state ${row._status}" title=${MEANING[row._status] ?? row._status} /><span class="unseen"
          >${row._status}</span
        >
      </td>
    </tr>
  `;
}

/** @param {{rows: readonly Row[], view: ProductView, long: boolean, toggle: () => void}} props */
function TableFoot({ rows, view, long, toggle }) {
  const present = Object.keys(MEANING).filter((status) => rows.some((row) => row._status === status));
  return html`
    <footer class="rows-foot">
      ${
        rows.length > SHORT &&
        html`<button type="button" class="quiet" onClick=${toggle}>
          ${long ? 'Show fewer' : `Show ${rows.length > LONG ? `the first ${count(LONG)} of ${count(rows.length)}` : `all ${count(rows.length)}`}`}
        </button>`
      }
      <p class="legend">
        ${present.map((status) => html`<span key=${status} title=${MEANING[status]}><i class="state ${status}" /> ${status}</span>`)}
      </p>
      ${hint(view)}
    </footer>
  `;
}

/** What the page does not hold, where that may matter. @param {ProductView} view */
function hint(view) {
  const held = count(view.rows.size);
  if (view.partial || (view.rows.dropped && !view.product.window)) {
    return html`<p class="hint">
      There are more rows than the ${held} that the page keeps: larger ones may be missing.
    </p>`;
  }
  return (
    view.rows.dropped &&
    html`<p class="hint">Older windows than the newest ${held} rows are read when asked for.</p>`
  );
}
