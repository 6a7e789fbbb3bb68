// Which cells are drawn: the main one large, the others beside it, and a field to find more.
import { html } from '../html.js';
import { keyText } from '../choice.js';
import { SERIES_LIMIT } from '../product.js';
/** @typedef {import('../product.js').ProductView} ProductView */

const OPTIONS = 300;

/** @param {{view: ProductView}} props */
export function Cells({ view }) {
  const [lead, ...others] = view.keys;
  return html`
    <div class="cells">
      ${lead !== undefined && html`<h2 class="lead-cell">${keyText(lead)}${view.isEmpty(lead) && html`<small class="empty">: no row</small>`}</h2>`}
      ${others.map(
        (key, i) => html`
          <span class="chip" key=${key}>
            <button
              type="button"
              class="swatch s${i + 1}"
              onClick=${() => view.lead(key)}
              title="Show its numbers"
            >
              ${keyText(key)}${view.isEmpty(key) && html`<small class="empty">: no row</small>`}
            </button>
            <button
              type="button"
              class="remove"
              onClick=${() => view.toggle(key)}
              aria-label="Remove ${keyText(key)}"
            >
              ×
            </button>
          </span>
        `,
      )}
      ${view.keys.length < SERIES_LIMIT && html`<${Finder} view=${view} />`}
    </div>
  `;
}

/** @param {{view: ProductView}} props */
function Finder({ view }) {
  const name = view.shape.dimensions.map((column) => column.name).join(' · ');
  return html`
    <span class="finder">
      <input
        list="known-cells"
        aria-label="Compare with another ${name}"
        placeholder="Compare ${name}…"
        style=${{ width: `${name.length + 13}ch` }}
        autocomplete="off"
        spellcheck=${false}
        onChange=${(/** @type {Event} */ event) => pick(event, view)}
      />
      <datalist id="known-cells">
        ${known(view).map((key) => html`<option value=${keyText(key)} />`)}
      </datalist>
    </span>
  `;
}

/** Keys of the newest windows that are not drawn. @param {ProductView} view */
function known(view) {
  /** @type {Set<string>} */
  const keys = new Set();
  for (const window of [...view.rows.windows()].reverse()) {
    for (const row of view.rows.of(window)) keys.add(view.shape.keyOf(row));
    if (keys.size >= OPTIONS) break;
  }
  return [...keys]
    .filter((key) => !view.series.has(key))
    .sort()
    .slice(0, OPTIONS);
}

/** A known key, or with one dimension whatever was typed: it may stand in older windows. @param {Event} event @param {ProductView} view */
function pick(event, view) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const text = input.value.trim();
  const wanted = text.toLowerCase();
  const [only, ...more] = view.shape.dimensions;
  const typed =
    only && more.length === 0 && /CHAR|TEXT|ENUM/i.test(only.type) ? JSON.stringify([text]) : undefined;
  const key = known(view).find((candidate) => keyText(candidate).toLowerCase() === wanted) ?? typed;
  if (text === '' || key === undefined || view.series.has(key)) return;
  input.value = '';
  view.toggle(key);
}
