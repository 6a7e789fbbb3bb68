/** `--id`: the ids of rows are what stands in some of their fields, so that a row is the same event whichever file brings it. */

/** @returns the id; undefined where a field has no value */
export function idFrom(text: string, fields: readonly string[]): string | undefined {
  const row = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const texts = fields.map((field) => textOf(text, row, field));
  if (texts.some((one) => one === undefined || one === '')) return undefined;
  // As ingestion makes the ids of a source that says which fields they are.
  return texts.length === 1 ? texts[0] : JSON.stringify(texts);
}

function textOf(text: string, row: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = Object.hasOwn(row, field) ? row[field] : undefined;
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    return digitsOf(text, field) ?? String(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The digits of an integer beyond 2^53 as the row has them: a field of the row itself, and not of what is within it. */
function digitsOf(text: string, field: string): string | undefined {
  const name = JSON.stringify(field);
  let depth = 0;
  for (const [token, , after] of text.matchAll(
    /("(?:[^"\\]|\\.)*")(?:\s*:\s*(-?\d+)(?![\d.eE]))?|[[\]{}]/g,
  )) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && after !== undefined && token.startsWith(name)) return after;
  }
  return undefined;
}
