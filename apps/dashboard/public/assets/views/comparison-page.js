// A comparison: what is chosen, how much differs, and the rows that do, the largest differences first.
import { Name, html } from '../html.js';
import { count, exact, isNumeric, show, windowLabel, words } from '../format.js';
import { Loading } from './notices.js';
/** @typedef {import('../dashboard.js').Dashboard} Dashboard */
/** @typedef {import('../comparison.js').Comparison} Comparison */
/** @typedef {import('../../../src/wire').Diff} Diff */
/** @typedef {import('../../../src/wire').DiffKind} DiffKind */
/** @typedef {import('../../../src/wire').DiffRow} DiffRow */
/** @typedef {import('../../../src/wire').Value} Value */

/** @param {{dashboard: Dashboard, comparison: Comparison}} props */
export function ComparisonPage({ dashboard, comparison }) {
  const { product, answer, problem, loading } = comparison;
  return html`
    <header class="head">
      <div>
        <h1><${Name} name=${product.name} /> <span class="version">compared</span></h1>
        <p class="description">
          <a class="back" href="#/${encodeURIComponent(product.name)}">Back to its numbers</a>
        </p>
      </div>
    </header>
    <${Choice} comparison=${comparison} />
    ${problem && html`<${Unable} dashboard=${dashboard} comparison=${comparison} />`}
    ${answer ? html`<${Differences} comparison=${comparison} answer=${answer} />` : loading && html`<${Loading} />`}
  `;
}

/** @param {{comparison: Comparison}} props */
function Choice({ comparison }) {
  const { sides, chosen, loading } = comparison;
  /** @param {'a' | 'b'} which @param {string} label */
  const select = (which, label) => html`
    <label>
      ${label}
      <select
        aria-label=${label}
        value=${chosen[which] ?? ''}
        onChange=${(/** @type {Event} */ event) => comparison.choose({ [which]: /** @type {HTMLSelectElement} */ (event.target).value })}
      >
        ${sides.map(({ value, label: text }) => html`<option key=${value} value=${value} selected=${value === chosen[which]}>${text}</option>`)}
      </select>
    </label>
  `;
  return html`
    <div class="compared" role="group" aria-label="What is compared">
      ${select('a', 'A')}
      <button
        type="button"
        class="quiet"
        aria-label="Swap A and B"
        title="Swap"
        onClick=${() => comparison.choose({ a: chosen.b, b: chosen.a })}
      >
        ⇄
      </button>
      ${select('b', 'B')}
      <button type="button" class="quiet" disabled=${loading} onClick=${() => void comparison.compare()}>
        ${loading ? 'Comparing …' : 'Compare again'}
      </button>
    </div>
  `;
}

/** @param {{dashboard: Dashboard, comparison: Comparison}} props */
function Unable({ dashboard, comparison }) {
  const { problem } = comparison;
  const isApart = problem?.code === 'diff-apart' || problem?.status === 409;
  return html`
    <div class="aside" role="alert">
      ${problem?.detail ?? problem?.title} ${problem?.code && html`<code>${problem.code}</code>`}
      ${
        isApart &&
        html` <button
          type="button"
          class="quiet"
          disabled=${dashboard.cutJob?.phase === 'running'}
          onClick=${() => void dashboard.cut().then(() => comparison.open())}
        >
          ${dashboard.cutJob?.phase === 'running' ? 'Cutting …' : 'Cut now'}
        </button>`
      }
    </div>
  `;
}

/** @param {Diff} answer @param {'a' | 'b'} which */
function nameOf({ a, b }, which) {
  const side = which === 'a' ? a : b;
  return a.version === b.version ? `generation ${side.generation}` : `v${side.version}`;
}

/** @param {{comparison: Comparison, answer: Diff}} props */
function Differences({ comparison, answer }) {
  const { counts, a, b } = answer;
  const [left, right] = [nameOf(answer, 'a'), nameOf(answer, 'b')];
  const where =
    answer.offsets === 'equal'
      ? `Both include the same ${count(a.events)} events.`
      : `From ${left} (${count(a.events)} events) to ${right} (${count(b.events)}): what came between counts too.`;
  /** @type {[DiffKind | null, string, number][]} */
  const kinds = [
    [null, 'differ', counts.different],
    ['changed', 'changed', counts.changed],
    ['onlyA', `only in ${left}`, counts.onlyA],
    ['onlyB', `only in ${right}`, counts.onlyB],
  ];
  return html`
    <p class="hint">${where}</p>
    <div class="kinds" role="group" aria-label="Which rows">
      ${kinds.map(
        ([kind, label, rows]) => html`
          <button
            type="button"
            key=${label}
            aria-pressed=${comparison.chosen.kind === kind}
            onClick=${() => comparison.choose({ kind })}
          >
            <b>${count(rows)}</b> ${label}
          </button>
        `,
      )}
      <p><b>${count(counts.same)}</b> the same</p>
    </div>
    <${Only} name=${left} columns=${answer.columnsOnlyA} />
    <${Only} name=${right} columns=${answer.columnsOnlyB} />
    ${counts.changed > 0 && html`<${Columns} comparison=${comparison} answer=${answer} />`}
    ${counts.different === 0 ? html`<p class="none">No row differs.</p>` : html`<${Rows} comparison=${comparison} answer=${answer} names=${[left, right]} />`}
  `;
}

/** @param {{name: string, columns: readonly string[]}} props */
const Only = ({ name, columns }) =>
  columns.length > 0 &&
  html`<p class="aside">
    Only ${name} has the ${columns.length > 1 ? 'columns' : 'column'} <strong>${columns.join(', ')}</strong>.
  </p>`;

/** Which columns differ in how many rows; the chosen one ranks them. @param {{comparison: Comparison, answer: Diff}} props */
function Columns({ comparison, answer }) {
  return html`
    <ul class="changed-columns" aria-label="Columns that differ">
      ${answer.columns
        .filter(({ changed }) => changed > 0)
        .map(
          ({ name, changed, largest }) => html`
            <li key=${name}>
              <button
                type="button"
                aria-pressed=${answer.by === name}
                title="Rank the rows by it"
                onClick=${() => comparison.choose({ by: name })}
              >
                ${words(name)}
              </button>
              <span>${`${count(changed)} ${changed === 1 ? 'row' : 'rows'}`}</span>
              ${largest !== null && html`<span>${`at most ${signed(largest, typeOf(comparison, name))}`}</span>`}
            </li>
          `,
        )}
    </ul>
  `;
}

/** @param {Comparison} comparison @param {string} name */
const typeOf = ({ product }, name) => product.columns.find((column) => column.name === name)?.type ?? '';

/** @param {number} value @param {string} type */
const signed = (value, type) => `${value > 0 ? '+' : ''}${show(value, type)}`;

/** @param {{comparison: Comparison, answer: Diff, names: readonly [string, string]}} props */
function Rows({ comparison, answer, names }) {
  const { rows, more } = answer;
  const keys = Object.keys(rows[0]?.key ?? {});
  const columns = answer.columns.map(({ name }) => name);
  const { window } = comparison.product;
  /** @param {string} name @param {Value | undefined} value */
  const keyText = (name, value) =>
    window && name === window.column && typeof value === 'string'
      ? windowLabel(value, window)
      : show(value, typeOf(comparison, name));
  if (rows.length === 0) return html`<p class="none">None of these.</p>`;
  return html`
    <section class="rows" aria-label="Rows that differ">
      <div class="scroll">
        <table class="differences">
          <thead>
            <tr>
              <th></th>
              ${keys.map((name) => html`<th key=${name}>${words(name)}</th>`)}
              ${columns.map((name) => html`<th key=${name} class=${isNumeric(typeOf(comparison, name)) ? 'number' : 'text'}>${words(name)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (row) => html`
                <tr key=${row._cell} class=${row.kind}>
                  <td class="kind">${kindText(row, names)}</td>
                  ${keys.map((name) => html`<th scope="row" key=${name}>${keyText(name, row.key[name])}</th>`)}
                  ${columns.map((name) => html`<${Cell} key=${name} row=${row} name=${name} type=${typeOf(comparison, name)} />`)}
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
      ${
        more &&
        html`<footer class="rows-foot">
          <p class="hint">The largest ${count(rows.length)}.</p>
          <button type="button" class="quiet" onClick=${() => comparison.showMore()}>Show more</button>
        </footer>`
      }
    </section>
  `;
}

/** @param {DiffRow} row @param {readonly [string, string]} names */
const kindText = ({ kind }, [left, right]) =>
  kind === 'changed' ? 'changed' : `only ${kind === 'onlyA' ? left : right}`;

/** @param {{row: DiffRow, name: string, type: string}} props */
function Cell({ row, name, type }) {
  const [a, b] = [row.a?.[name], row.b?.[name]];
  const align = isNumeric(type) ? 'number' : 'text';
  if (row.kind !== 'changed') {
    const value = row.a === null ? b : a;
    return html`<td class=${align} title=${exact(value)}>${show(value, type)}</td>`;
  }
  if (!row.columns.includes(name))
    return html`<td class="${align} same" title=${exact(a)}>${show(a, type)}</td>`;
  return html`<td class=${align} title=${`${exact(a)} → ${exact(b)}`}>
    <del>${show(a, type)}</del> <ins>${show(b, type)}</ins>
  </td>`;
}
