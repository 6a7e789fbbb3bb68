// The choice as the address's fragment: #/product?measure=…&cell=…&windows=…
/** @typedef {{product?: string, measure?: string | null, keys?: string[], span?: number}} Choice */

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

/** @param {string} hash @returns {Choice} what cannot be read is left out */
export function readAddress(hash) {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parameters = new URLSearchParams(query);
  return {
    ...(path !== '' && { product: decoded(path) }),
    measure: parameters.get('measure'),
    keys: parameters.getAll('cell').filter(isKey).slice(0, 4),
    span: Number(parameters.get('windows')),
  };
}

/** @param {Required<Choice>} choice */
export function writeAddress({ product, measure, keys, span }) {
  const parameters = new URLSearchParams();
  if (measure !== null) parameters.set('measure', measure);
  for (const key of keys) parameters.append('cell', key);
  parameters.set('windows', String(span));
  return `#/${encodeURIComponent(product)}?${parameters}`;
}
