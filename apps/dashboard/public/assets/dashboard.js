// The whole page's state: which products there are, which one is on display, how the services are, the cut under way.
import { ApiError, api } from './api.js';
import { ProductView } from './product.js';
import { Comparison } from './comparison.js';
import { readAddress, writeAddress, writeComparison } from './address.js';
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {import('../../src/wire').Problem} Problem */
/** @typedef {import('../../src/wire').ServiceStatus} ServiceStatus */
/** @typedef {import('../../src/wire').LetterCount} LetterCount */
/**
 * @typedef {object} CutJob
 * @property {'running' | 'served' | 'failed'} phase
 * @property {number} since @property {number} [took]
 * @property {number | null} from the generation on display when it began
 * @property {number | null} [to] the one when it ended
 * @property {Problem} [problem]
 */

const POLL_MILLIS = 4000;
const HIDDEN_MILLIS = 60_000;

/** @param {unknown} error @returns {Problem} */
function problemOf(error) {
  if (error instanceof ApiError) return error.problem;
  throw error;
}

export class Dashboard {
  /** null until the first answer. @type {Product[] | null} */
  products = null;
  /** Why there are no products. @type {Problem | null} */
  problem = null;
  /** @type {ServiceStatus[]} */
  services = [];
  /** Events that were refused and that nobody has settled, by reason. @type {readonly LetterCount[]} */
  letters = [];
  /** Since when no request is answered. @type {number | null} */
  offlineSince = null;
  /** @type {ProductView | null} */
  view = null;
  /** In the place of a view. @type {Comparison | null} */
  comparison = null;
  /** A product that the address names and nobody knows. @type {string | null} */
  unknown = null;
  /** @type {CutJob | null} */
  cutJob = null;
  #changed;
  #polling = false;
  /** @type {number | undefined} */
  #hideTimer;

  /** @param {() => void} changed called after every change */
  constructor(changed) {
    this.#changed = changed;
  }

  start() {
    void this.poll();
    setInterval(() => document.hidden || void this.poll(), POLL_MILLIS);
    addEventListener('hashchange', () => this.route());
    addEventListener('online', () => void this.poll());
    document.addEventListener('visibilitychange', () => this.#visibility());
  }

  #visibility() {
    clearTimeout(this.#hideTimer);
    // Nobody looks: browsers allow six connections to a server, over all tabs.
    if (document.hidden) this.#hideTimer = setTimeout(() => this.view?.stream.close(), HIDDEN_MILLIS);
    else {
      this.view?.stream.hurry();
      void this.poll();
    }
  }

  /** Reads products and status; the first answer after a gap makes the stream reconnect at once. */
  async poll() {
    if (this.#polling) return;
    this.#polling = true;
    const [products, status] = await Promise.allSettled([api.products(), api.status()]);
    this.#polling = false;
    if (status.status === 'fulfilled') {
      this.services = status.value.services ?? [];
      this.letters = status.value.deadLetters ?? [];
    }
    if (products.status === 'fulfilled') {
      this.#online();
      this.products = products.value;
      this.problem = null;
      this.#renew(products.value);
      if (!this.view && !this.comparison) this.route();
    } else {
      this.problem = problemOf(products.reason);
      if (this.problem.status === 0) this.offlineSince ??= Date.now();
    }
    this.#changed();
  }

  /** Another version of the product on display has another shape: begin again. @param {Product[]} products */
  #renew(products) {
    const shown = this.view?.product;
    const now = products.find((product) => product.name === shown?.name);
    if (!shown || (now && now.version === shown.version)) return;
    this.view?.stop();
    this.view = null;
  }

  #online() {
    const wasOffline = this.offlineSince !== null;
    this.offlineSince = null;
    if (wasOffline || this.view?.lostSince) this.view?.stream.hurry();
  }

  /** Shows what the address names, else the first product. */
  route() {
    const wanted = readAddress(location.hash);
    const name = wanted.product ?? this.products?.[0]?.name;
    if (!this.products || name === undefined || location.hash === this.#address()) return;
    const product = this.products.find((candidate) => candidate.name === name);
    this.view?.stop();
    this.comparison?.stop();
    this.unknown = product ? null : name;
    const { compare } = wanted;
    this.comparison = product && compare ? new Comparison(product, this.#changed, compare) : null;
    this.view = product && !compare ? new ProductView(product, this.#changed, wanted) : null;
    this.view?.stream.open();
    void this.comparison?.open();
    this.#changed();
  }

  /** Keeps the choice in the address, so that a reload or a bookmark shows the same. */
  remember() {
    // A link that was just followed has changed the address, and the event that says so is still to come.
    const { product, compare } = readAddress(location.hash);
    const hash = this.#address();
    if (hash === null || (product !== undefined && product !== this.shown)) return;
    if ((compare !== undefined) !== (this.comparison !== null)) return;
    if (hash !== location.hash) history.replaceState(null, '', hash);
  }

  /** The name of the product on display. */
  get shown() {
    return (this.view ?? this.comparison)?.product.name;
  }

  #address() {
    if (this.comparison) return writeComparison(this.comparison.product.name, this.comparison.chosen);
    if (!this.view) return null;
    const { product, measure, keys, chosen, span, window, filter } = this.view;
    return writeAddress({ product: product.name, measure, keys: chosen ? keys : [], span, window, filter });
  }

  async cut() {
    if (this.cutJob?.phase === 'running') return;
    const since = Date.now();
    const from = this.view?.answer?.generation ?? null;
    this.cutJob = { phase: 'running', since, from };
    this.#changed();
    try {
      const answer = await api.cut();
      const to = answer?.generation ?? answer?.epoch ?? this.view?.answer?.generation ?? null;
      this.cutJob = { phase: 'served', since, from, to, took: Date.now() - since };
    } catch (error) {
      this.cutJob = { phase: 'failed', since, from, problem: problemOf(error) };
    }
    this.#changed();
    void this.poll();
  }
}
