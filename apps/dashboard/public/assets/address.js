// The choice as the address's fragment: #/product?measure=…&cell=…&windows=…&window=…&filter=…, or #/product/compare?a=…&b=…&by=…&kind=…
/** @typedef {{product?: string, measure?: string | null, keys?: string[], span?: number, window?: string | null, filter?: string, compare?: Sides}} Choice */
/** @typedef {import('./comparison.js').Sides} Sides */
/** @typedef {import('../../src/wire').DiffKind} DiffKind */

/** @param {string} text */
function isKey(text) {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @type {readonly string[]} */
const KINDS = ['changed', 'onlyA', 'onlyB'];

/** @param {URLSearchParams} parameters @returns {Sides} */
function sidesIn(parameters) {
  const kind = parameters.get('kind') ?? '';
  return {
    ...{ a: parameters.get('a'), b: parameters.get('b'), by: parameters.get('by') },
    kind: KINDS.includes(kind) ? /** @type {DiffKind} */ (kind) : null,
  };
}

/** @param {string} hash @returns {Choice} what cannot be read is left out */
export function readAddress(hash) {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parameters = new URLSearchParams(query);
  const [name = '', page] = path.split('/');
  return {
    ...(name !== '' && { product: decoded(name) }),
    ...(page === 'compare' && { compare: sidesIn(parameters) }),
    measure: parameters.get('measure'),
    keys: parameters.getAll('cell').filter(isKey).slice(0, 4),
    span: Number(parameters.get('windows')),
    window: parameters.get('window'),
    filter: parameters.get('filter') ?? '',
  };
}

/** @param {Required<Omit<Choice, 'compare'>>} choice */
export function writeAddress({ product, measure, keys, span, window, filter }) {
  const parameters = new URLSearchParams();
  if (measure !== null) parameters.set('measure', measure);
  for (const key of keys) parameters.append('cell', key);
  parameters.set('windows', String(span));
  if (window !== null) parameters.set('window', window);
  if (filter !== '') parameters.set('filter', filter);
  return `#/${encodeURIComponent(product)}?${parameters}`;
}

/** @param {string} product @param {Sides} sides */
export function writeComparison(product, sides) {
  const parameters = new URLSearchParams();
  for (const name of /** @type {const} */ (['a', 'b', 'by', 'kind'])) {
    const value = sides[name];
    if (value !== null) parameters.set(name, value);
  }
  return `#/${encodeURIComponent(product)}/compare?${parameters}`;
}
