/** LIKE tries every place for every %: where that may take for ever, a regular expression takes its place, which looks at a text once. */

/** How a function of DuckDB's reads a pattern. */
export interface LikeForm {
  readonly negated: boolean;
  readonly lower: boolean;
}

const FORMS: Readonly<Record<string, LikeForm>> = {
  '~~': { negated: false, lower: false },
  '!~~': { negated: true, lower: false },
  '~~*': { negated: false, lower: true },
  '!~~*': { negated: true, lower: true },
  like_escape: { negated: false, lower: false },
  not_like_escape: { negated: true, lower: false },
  ilike_escape: { negated: false, lower: true },
  not_ilike_escape: { negated: true, lower: true },
};

export const likeFormOf = (name: string): LikeForm | undefined => FORMS[name];

/** A character as it is, one of any kind, any number of any kind. */
type Part = { readonly text: string } | '_' | '%';

/** Longer patterns are left as they are. */
const LONGEST = 1_000;

/** @returns null where the pattern ends with an escape, which DuckDB refuses */
function partsOf(pattern: string, escape: string): Part[] | null {
  const parts: Part[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const one = characters[at] as string;
    if (escape !== '' && one === escape) {
      const next = characters[++at];
      if (next === undefined) return null;
      parts.push({ text: next });
    } else if (one === '%') {
      if (parts.at(-1) !== '%') parts.push('%');
    } else parts.push(one === '_' ? '_' : { text: one });
  }
  return parts;
}

/**
 * @param escape a character, or none
 * @returns the expression that a whole text matches; `'fine'`: DuckDB's own way takes no longer; undefined: it has to be bounded
 */
export function likeAsRegex(
  name: string,
  pattern: string,
  escape: string,
): { readonly regex: string } | 'fine' | undefined {
  const form = FORMS[name];
  // DuckDB looks for the escape in the pattern in small letters.
  const parts = partsOf(form?.lower === true ? pattern.toLowerCase() : pattern, escape);
  if (form === undefined || parts === null) return 'fine';
  const ends = parts.at(-1) === '%' ? parts.slice(0, -1) : parts;
  const tries = ends.filter((one) => one === '%').length;
  // Without these DuckDB looks for each piece between two % once.
  const bySegments = escape === '' && !form.lower && !parts.includes('_');
  if (tries <= 1 || bySegments) return 'fine';
  if (parts.length > LONGEST || (form.lower && /[^\x20-\x7e]/.test(pattern))) return undefined;
  const regex = parts.map((one) => (one === '%' ? '.*' : one === '_' ? '.' : literal(one.text, form.lower)));
  return { regex: regex.join('') };
}

const literal = (text: string, lower: boolean): string =>
  (lower ? text.toLowerCase() : text).replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
