// The whole page's state: which products there are, which one is on display, how the services are, the cut under way.
import { ApiError, api } from './api.js';
import { ProductView } from './product.js';
import { readAddress, writeAddress } from './address.js';
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {import('../../src/wire').Problem} Problem */
/** @typedef {import('../../src/wire').ServiceStatus} ServiceStatus */
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
  /** Since when no request is answered. @type {number | null} */
  offlineSince = null;
  /** @type {ProductView | null} */
  view = null;
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
    if (document.hidden) this.#hideTimer = setTimeout(() => this.view?.pause(), HIDDEN_MILLIS);
    else {
      this.view?.hurry();
      void this.poll();
    }
  }

  /** Reads products and status; the first answer after a gap makes the stream reconnect at once. */
  async poll() {
    if (this.#polling) return;
    this.#polling = true;
    const [products, status] = await Promise.allSettled([api.products(), api.status()]);
    this.#polling = false;
    if (status.status === 'fulfilled') this.services = status.value.services ?? [];
    if (products.status === 'fulfilled') {
      this.#online();
      this.products = products.value;
      this.problem = null;
      this.#renew(products.value);
      if (!this.view) this.route();
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
    if (wasOffline || this.view?.lostSince) this.view?.hurry();
  }

  /** Shows what the address names, else the first product. */
  route() {
    const wanted = readAddress(location.hash);
    const name = wanted.product ?? this.products?.[0]?.name;
    if (!this.products || name === undefined || name === this.view?.product.name) return;
    const product = this.products.find((candidate) => candidate.name === name);
    this.view?.stop();
    this.unknown = product ? null : name;
    this.view = product ? new ProductView(product, this.#changed, wanted) : null;
    this.view?.start();
    this.#changed();
  }

  /** Keeps the choice in the address, so that a reload or a bookmark shows the same. */
  remember() {
    if (!this.view) return;
    const { product, measure, keys, span } = this.view;
    const hash = writeAddress({ product: product.name, measure, keys, span });
    if (hash !== location.hash) history.replaceState(null, '', hash);
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
