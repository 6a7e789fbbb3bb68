// The HTTP interface: JSON or a problem (RFC 9457), never a silent miss.
/** @typedef {import('../../src/wire').Problem} Problem */
/** @typedef {import('../../src/wire').Product} Product */
/** @typedef {import('../../src/wire').RowsPage} RowsPage */
/** @typedef {import('../../src/wire').ServiceStatus} ServiceStatus */
/** @typedef {import('../../src/wire').LetterCount} LetterCount */
/** @typedef {import('../../src/wire').Diff} Diff */
/** @typedef {import('../../src/wire').Generation} Generation */

/** What the server said is wrong; status 0: no server answered. */
export class ApiError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${problem.status}`);
    this.problem = problem;
  }
}

/** @param {string} path @param {RequestInit & {patience?: number}} [init] @returns {Promise<any>} */
async function request(path, { patience = 15_000, signal, ...init } = {}) {
  const deadline = AbortSignal.timeout(patience);
  const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
  let response;
  try {
    response = await fetch(path, { ...init, signal: either, headers: { accept: 'application/json' } });
  } catch (error) {
    if (signal?.aborted) throw error;
    const detail = deadline.aborted
      ? `No answer within ${patience / 1000} s.`
      : 'The server cannot be reached.';
    throw new ApiError({ status: 0, title: 'No answer', detail });
  }
  const body = await response.json().catch(() => null);
  // Where tokens are asked for and this page has none, or none that is good any more.
  if (response.status === 401) location.replace('/signin.html' + location.hash);
  if (!response.ok) throw new ApiError({ title: response.statusText, ...body, status: response.status });
  return body;
}

const segment = encodeURIComponent;

export const api = {
  /** @returns {Promise<Product[]>} */
  products: async () => (await request('/v1/products'))?.products ?? [],

  /** @returns {Promise<{services?: ServiceStatus[], deadLetters?: readonly LetterCount[], [field: string]: unknown}>} */
  status: async () => (await request('/v1/status', { patience: 5000 })) ?? {},

  /** @param {string} name @param {Record<string, string>} query @param {AbortSignal} signal @returns {Promise<RowsPage>} */
  rows: (name, query, signal) =>
    request(`/v1/products/${segment(name)}/rows?${new URLSearchParams(query)}`, { signal }),

  /** @param {string} name @returns {Promise<{generations: readonly Generation[]}>} */
  generations: (name) => request(`/v1/products/${segment(name)}/generations`),

  /** Of large products it takes a while. @param {string} name @param {Record<string, string>} query @param {AbortSignal} signal @returns {Promise<Diff>} */
  diff: (name, query, signal) =>
    request(`/v1/products/${segment(name)}/diff?${new URLSearchParams(query)}`, {
      signal,
      patience: 120_000,
    }),

  /** Resolves when the generation is served. @returns {Promise<{generation?: number, epoch?: number} | null>} */
  cut: () => request('/v1/cuts?wait=true', { method: 'POST', patience: 300_000 }),

  /** @param {string} name @param {number} limit rows of the snapshot, the newest windows first */
  livePath: (name, limit) => `/v1/products/${segment(name)}/live?option.limit=${limit}`,
};
