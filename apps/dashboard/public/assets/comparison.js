// Two versions of a product, or two generations of one, held against each other.
import { ApiError, api } from './api.js';
import { clock } from './format.js';
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {import('../../src/wire').Problem} Problem */
/** @typedef {import('../../src/wire').Diff} Diff */
/** @typedef {import('../../src/wire').Generation} Generation */
/** @typedef {import('../../src/wire').DiffKind} DiffKind */
/** @typedef {{a: string | null, b: string | null, by: string | null, kind: DiffKind | null}} Sides */
/** @typedef {{value: string, label: string}} Side what can be chosen, and how it reads */

/** Differences that are shown at first, and when more are asked for. */
const SOME = 100;
const MANY = 2000;

/** Versions beside the served one that can be compared; one that is being built has mostly no cut in common yet. */
const STATES = ['ready', 'kept', 'building'];

/** @param {Product} product @param {readonly Generation[]} generations of the version that is served, the newest first @returns {Side[]} */
export function sidesOf(product, generations) {
  const others = STATES.flatMap((wanted) => (product.versions ?? []).filter(({ state }) => state === wanted));
  return [
    { value: String(product.version), label: `v${product.version}, served` },
    ...others.map(({ version, state }) => ({ value: String(version), label: `v${version}, ${state}` })),
    ...generations.map(({ generation, line, servedAt }, index) => ({
      value: `@${generation}${line === 0 ? '' : `@${line}`}`,
      label: `generation ${generation}, ${index === 0 ? 'served' : servedAt === null ? 'before' : `from ${clock(Date.parse(servedAt))} on`}`,
    })),
  ];
}

/** Another version beside the served one, else what the last cut changed. @param {readonly Side[]} sides @returns {[string, string] | null} */
export function usualSides(sides) {
  const generations = sides.filter(({ value }) => value.startsWith('@'));
  const [served, other] = sides.filter(({ value }) => !value.startsWith('@'));
  if (served && other) return [served.value, other.value];
  const [newest, before] = generations;
  return newest && before ? [before.value, newest.value] : null;
}

export class Comparison {
  /** @type {Side[]} */
  sides = [];
  /** @type {Diff | null} */
  answer = null;
  /** @type {Problem | null} */
  problem = null;
  loading = true;
  limit = SOME;
  #changed;
  /** @type {AbortController | null} */
  #request = null;

  /** @param {Product} product @param {() => void} changed called after every change @param {Sides} chosen */
  constructor(product, changed, chosen) {
    this.product = product;
    this.#changed = changed;
    this.chosen = chosen;
  }

  async open() {
    try {
      const { generations } = await api.generations(this.product.name);
      this.sides = sidesOf(this.product, generations);
    } catch (error) {
      this.#failed(error);
      return;
    }
    const [a, b] = usualSides(this.sides) ?? [];
    const { chosen } = this;
    this.chosen = { ...chosen, a: chosen.a ?? a ?? null, b: chosen.b ?? b ?? null };
    // An address may name what is in no list, e.g. a generation of a version that is kept.
    for (const value of [this.chosen.a, this.chosen.b])
      if (value !== null && !this.sides.some((side) => side.value === value))
        this.sides.push({ value, label: value });
    await this.compare();
  }

  /** @param {Partial<Sides>} change */
  choose(change) {
    this.chosen = { ...this.chosen, ...change };
    if ('a' in change || 'b' in change) this.answer = null;
    void this.compare();
  }

  showMore() {
    this.limit = MANY;
    void this.compare();
  }

  async compare() {
    const { a, b, by, kind } = this.chosen;
    if (a === null || b === null) {
      this.loading = false;
      this.problem = {
        status: 409,
        detail:
          'There is one version and one generation of it: nothing to compare yet. The next cut makes another one.',
      };
      this.#changed();
      return;
    }
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.loading = true;
    this.problem = null;
    this.#changed();
    try {
      const query = {
        a,
        b,
        limit: String(this.limit),
        ...(by !== null && { by }),
        ...(kind !== null && { kind }),
      };
      const answer = await api.diff(this.product.name, query, request.signal);
      if (request.signal.aborted) return;
      this.answer = answer;
      this.loading = false;
      this.#changed();
    } catch (error) {
      if (!request.signal.aborted) this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!(error instanceof ApiError)) throw error;
    this.problem = error.problem;
    this.answer = null;
    this.loading = false;
    this.#changed();
  }

  stop() {
    this.#request?.abort();
  }
}
