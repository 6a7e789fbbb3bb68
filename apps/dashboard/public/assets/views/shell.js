import { Component, Name, html } from '../html.js';
import { ComparisonPage } from './comparison-page.js';
import { ProductPage } from './product-page.js';
import { Services } from './services.js';
import { Failure, Loading, Offline } from './notices.js';
/** @typedef {import('../dashboard.js').Dashboard} Dashboard */
/** @typedef {import('../../../src/wire').Product} Product */

/** @param {{dashboard: Dashboard, now: number}} props */
export function Shell({ dashboard, now }) {
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the numbers</a>
    <div class="shell">
      <header class="side">
        <p class="brand"><${Mark} />Tenon</p>
        <${Products} dashboard=${dashboard} />
        <${Services} services=${dashboard.services} offline=${dashboard.offlineSince !== null} />
      </header>
      <main id="main" tabindex="-1"><${Main} dashboard=${dashboard} now=${now} /></main>
    </div>
  `;
}

/** The address's fragment is taken by the choice, so the focus moves without it. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** @param {{dashboard: Dashboard, now: number}} props */
function Main({ dashboard, now }) {
  const { view, products, problem, unknown } = dashboard;
  const lost = dashboard.offlineSince ?? view?.lostSince ?? null;
  if (view) {
    return html`<${Offline} since=${lost} now=${now} /><${ProductPage}
        dashboard=${dashboard}
        view=${view}
        now=${now}
      />`;
  }
  const { comparison } = dashboard;
  if (comparison)
    return html`<${Offline} since=${lost} now=${now} /><${ComparisonPage}
        dashboard=${dashboard}
        comparison=${comparison}
        key=${comparison.product.name}
      />`;
  if (unknown)
    return html`<${Failure}
      title="There is no product “${unknown}”"
      problem=${{ status: 404, detail: 'Choose one of the list.' }}
    />`;
  if (problem)
    return html`<${Failure}
      title="The products cannot be read"
      problem=${problem}
      retry=${() => dashboard.poll()}
    />`;
  if (products?.length === 0) {
    return html`<${Failure}
      title="No product yet"
      problem=${{ status: 200, detail: 'Put a SELECT into catalog/products/NAME.sql and start again.' }}
    />`;
  }
  return html`<${Loading} />`;
}

/** product_2 before product_10. */
const NAMES = new Intl.Collator('en', { numeric: true });

/** A list that is longer than this can be searched. */
const MANY = 12;

/** @extends {Component<{dashboard: Dashboard}, {sought: string}>} */
class Products extends Component {
  /** What is looked for. @override */
  state = { sought: '' };

  /** @override */
  render() {
    const { dashboard } = this.props;
    const products = dashboard.products ?? [];
    const many = products.length > MANY;
    const sought = many ? this.state.sought.trim().toLowerCase() : '';
    const found = products
      .filter(({ name }) => name.toLowerCase().includes(sought))
      .sort((a, b) => NAMES.compare(a.name, b.name));
    return html`
      <nav class="products" aria-label="Products">
        ${
          many &&
          html`<input
            class="search"
            type="search"
            aria-label="Search products"
            placeholder="Search ${products.length} products"
            value=${this.state.sought}
            onInput=${(/** @type {InputEvent} */ event) =>
              this.setState({ sought: /** @type {HTMLInputElement} */ (event.currentTarget).value })}
          />`
        }
        ${found.length === 0 && sought !== '' && html`<p class="about" role="status">None of them.</p>`}
        <${List} products=${found} dashboard=${dashboard} />
      </nav>
    `;
  }
}

/** @param {{products: readonly Product[], dashboard: Dashboard}} props */
function List({ products, dashboard }) {
  const { shown } = dashboard;
  return html`
    <ul>
      ${products.map(
        (product) => html`
          <li key=${product.name}>
            <a
              href="#/${encodeURIComponent(product.name)}"
              aria-current=${product.name === shown ? 'page' : undefined}
            >
              <span class="name"><${Name} name=${product.name} /></span>
              <span class="about">${about(product, dashboard)}</span>
            </a>
          </li>
        `,
      )}
    </ul>
  `;
}

/** @param {Product} product @param {Dashboard} dashboard */
function about(product, dashboard) {
  const live = dashboard.view?.product.name === product.name ? dashboard.view.answer?.generation : undefined;
  const generation = live ?? product.generation;
  return [product.topology, typeof generation === 'number' && `gen ${generation}`]
    .filter(Boolean)
    .join(' · ');
}

const Mark = () => html`
  <svg class="mark" viewBox="3 7 26 18" aria-hidden="true">
    <path class="mortise" d="M3 8h14v5h-7v6h7v5H3z" />
    <path class="tenon" d="M18.5 8H29v16H18.5v-6.5h-7v-3h7z" />
  </svg>
`;
