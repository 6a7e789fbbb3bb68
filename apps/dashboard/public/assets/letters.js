// Why events were refused: by a product, and by its source before any product saw them.
/** @typedef {import('../../src/wire').LetterCount} LetterCount */
/** @typedef {import('../../src/wire').Product} Product */

/**
 * @param {Pick<Product, 'name' | 'source'>} product
 * @param {readonly LetterCount[]} letters
 * @returns {{own: {code: string, count: number}[], source: {code: string, count: number}[]}} the most frequent first
 */
export function reasonsOf({ name, source }, letters) {
  const ours = letters
    .filter((one) => one.source === source)
    .map(({ reason, count }) => {
      const at = reason.indexOf(':');
      return { product: at < 0 ? null : reason.slice(0, at), code: reason.slice(at + 1), count };
    })
    .sort((a, b) => b.count - a.count);
  /** @param {string | null} of */
  const by = (of) => ours.filter(({ product }) => product === of).map(({ code, count }) => ({ code, count }));
  return { own: by(name), source: by(null) };
}
