import { Name, html } from '../html.js';
import { duration } from '../format.js';
import { partsOf, totalOf } from '../seam.js';
import { Aside, Empty, Failure, Loading, Refused, Troubles } from './notices.js';
import { Measures } from './measures.js';
import { Chart } from './chart.js';
import { RowsTable } from './rows-table.js';
import { Seam } from './seam.js';
import { Versions } from './versions.js';
/** @typedef {import('../dashboard.js').Dashboard} Dashboard */
/** @typedef {import('../product.js').ProductView} ProductView */
/** @typedef {import('../../../src/wire').Answer} Answer */

/** @type {Record<string, string>} */
const MEANING = {
  final: 'Only a late event can change these numbers.',
  provisional: 'Windows are open, or speed contributes: these numbers still grow.',
  incomplete: 'Part of the log is missing from these numbers.',
};

/** @param {{dashboard: Dashboard, view: ProductView, now: number}} props */
export function ProductPage({ dashboard, view, now }) {
  const { product, answer, forbidden } = view;
  if (forbidden) return html`<${Failure} title="${product.name} cannot be read" problem=${forbidden} />`;
  return html`
    <header class="head">
      <div>
        <h1><${Name} name=${product.name} /> <span class="version">v${product.version}</span></h1>
        ${product.description && html`<p class="description">${product.description}</p>`}
        <p class="description">
          <a class="compare" href="#/${encodeURIComponent(product.name)}/compare"
            >Compare cuts and versions</a
          >
        </p>
        <${Versions} product=${dashboard.products?.find(({ name }) => name === product.name)} />
      </div>
      ${answer && html`<${Freshness} view=${view} answer=${answer} now=${now} />`}
    </header>
    ${answer ? html`<${Numbers} dashboard=${dashboard} view=${view} answer=${answer} now=${now} />` : html`<${Loading} />`}
  `;
}

/** @param {{view: ProductView, answer: Answer, now: number}} props */
function Freshness({ view, answer, now }) {
  const age = now - view.receivedAt;
  return html`
    <p class="freshness">
      <span class="badge ${answer.status}" title=${MEANING[answer.status]}>${answer.status}</span>
      <span class="age"
        >${view.lostSince === null && age < 2000 ? 'live' : `changed ${duration(age)} ago`}</span
      >
    </p>
  `;
}

/** @param {{dashboard: Dashboard, view: ProductView, answer: Answer, now: number}} props */
function Numbers({ dashboard, view, answer, now }) {
  const { windowColumn, dimensions } = view.shape;
  const { records } = totalOf(partsOf(answer));
  const empty = view.rows.size === 0;
  const listed = !empty && (windowColumn !== null || dimensions.length > 0);
  const table = listed && html`<${RowsTable} view=${view} key=${view.product.name} />`;
  const drawn = windowColumn !== null && view.numericMeasures.length > 0;
  return html`
    <div class="layout">
      <div class="figures">
        <${Troubles} answer=${answer} />
        <${Refused} product=${view.product} answer=${answer} letters=${dashboard.letters} />
        ${empty && html`<${Empty} product=${view.product} records=${records} />`}
        ${!empty && html`<${Measures} view=${view} />`}
        <${Aside} problem=${view.problem} what="Older rows cannot be read." />
        ${!empty && drawn && html`<${Chart} view=${view} key=${view.product.name} version=${view.version} />`}
        ${!drawn && table}
      </div>
      <${Seam} dashboard=${dashboard} view=${view} answer=${answer} now=${now} />
      ${drawn && table}
    </div>
  `;
}
