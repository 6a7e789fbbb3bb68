/** Which functions make much of little, or work long on it, and what bounds them: over their arguments a, b, c (and d, see `Guard`). */

/** Characters of a text, however it was asked for. */
export const MOST_CHARACTERS = 100_000;
/** Items of a series or a list, where rows are not allowed to be more. DuckDB makes them for 2,048 events at once. */
const LEAST_ITEMS = 20_000;
/** Pairs of characters that a distance between texts compares: 1,000 by 1,000 take some 4 ms. */
const COMPARISONS = 1_000_000;
/** Steps of what takes a few nanoseconds each. */
const STEPS = 10_000_000;
/** The same of what takes a hundredth of that. */
const QUICK_STEPS = 10_000_000_000;
/** Bytes that a lambda may see, of all items of its list together. */
export const LAMBDA_BYTES = 100_000_000;
/** JSON that is nested is walked by recursion, which ends a process from some 20,000 levels on. */
const BRACKETS = 5_000;
/** Characters of a text of which a pattern finds all places, where each search may look at all that follows. */
const SEARCHED = 20_000;
/** Digits of a number without a bound. */
const DIGITS = 10_000;

export type Argument = 'a' | 'b' | 'c' | 'd';

export interface Guard {
  /** The argument that is replaced. */
  readonly place: number;
  /** How much it makes or works: a number, in units of what `most` counts. */
  readonly much: string;
  readonly most: number;
  /** More than that is no harm unless this holds too. */
  readonly only?: string;
  /** What a unit of it weighs: bytes that are held, or a hundredth of a microsecond. */
  readonly weight: number;
  /** What the argument's type is a supertype of; null: of any. */
  readonly type: 'INTEGER' | 'INTERVAL' | 'VARCHAR' | null;
  readonly what: string;
}

const items = (limit: number) => `more than ${limit} items`;
const length = (argument: Argument) => `CAST(strlen(CAST(${argument} AS VARCHAR)) AS DOUBLE)`;
const text = (most: number, much: string, what: string, weight: number): Omit<Guard, 'place'> => ({
  ...{ type: null, most: Math.trunc(most), much, weight },
  what: `more than ${Math.trunc(most)} ${what}`,
});

/**
 * By kind.
 *
 * @param mostRows that FROM may make of an event
 * @param share of each bound, where a lambda does it again and again
 */
export function guardsOf(mostRows: number, share = 1): Readonly<Record<string, Guard>> {
  const limit = Math.trunc(Math.max(2 * mostRows, LEAST_ITEMS) * share);
  const characters = Math.trunc(MOST_CHARACTERS * share);
  const number = { type: 'INTEGER', what: items(limit), most: limit, weight: 16 } as const;
  const interval = { type: 'INTERVAL', what: items(limit), most: limit, weight: 16 } as const;
  const made = { most: characters, what: `more than ${characters} characters`, weight: 2 } as const;
  const formatted = { ...made, type: 'VARCHAR', place: 0, most: 0, weight: 0 } as const;
  const resized: Guard = { ...number, place: 1, much: 'b' };
  const product = `${length('a')} * ${length('b')}`;
  const compared: Guard = { place: 0, ...text(COMPARISONS * share, product, 'comparisons', 1) };
  const similar: Guard = { place: 0, ...text(QUICK_STEPS * share, product, 'comparisons', 0.01) };
  const found: Guard = { place: 1, ...text(QUICK_STEPS * share, product, 'steps', 0.01) };
  const searched: Guard = { place: 0, ...text(SEARCHED * share, length('a'), 'characters to search', 100) };
  const replaced = `${length('a')} / greatest(1, strlen(b)) * strlen(c)`;
  const grown: Guard = { place: 0, ...text(STEPS * share, `${length('a')} * strlen(c)`, 'characters', 1) };
  const brackets = (of: Argument) =>
    `${length(of)} - strlen(replace(replace(CAST(${of} AS VARCHAR), '[', ''), '{', ''))`;
  const nested = (of: Argument) => text(BRACKETS, brackets(of), 'brackets of JSON', 1);
  const wildcards = (one: string) =>
    `(length(rtrim(b, '${one}')) - length(replace(rtrim(b, '${one}'), '${one}', '')))`;
  const tried = (one: string) =>
    text(
      STEPS * share,
      `${length('b')} * pow(${length('a')}, least(20, greatest(1, ${wildcards(one)})))`,
      'steps',
      0.3,
    );
  return {
    'series/1': { ...number, place: 0, much: 'a' },
    'series/2': { ...number, place: 1, much: 'CAST(b AS DOUBLE) - a' },
    'series/3': { ...number, place: 2, much: '(CAST(b AS DOUBLE) - a) / c' },
    'times/3': { ...interval, place: 2, much: '(epoch(b) - epoch(a)) / epoch(c)' },
    'hop/3': { ...interval, place: 2, much: 'epoch(b) / epoch(c)' },
    'repeat/2': {
      ...{ ...made, type: 'INTEGER', place: 1 },
      much: 'CAST(b AS DOUBLE) * strlen(CAST(a AS VARCHAR))',
      only: 'b > 1',
    },
    'bits/2': { ...made, type: 'INTEGER', place: 1, much: 'b' },
    printf: {
      ...formatted,
      much: `CASE WHEN ${paddedBy('%[-+ #0]*([0-9]*\\.)?', '[0-9]{6,}', '\\*', characters)} OR ${longBy(share)} THEN 1 ELSE 0 END`,
    },
    format: {
      ...formatted,
      much: `CASE WHEN ${paddedBy('\\{[^{}]*:[^{}]*', '[0-9]{6,}', '\\{', characters)} OR ${longBy(share)} THEN 1 ELSE 0 END`,
    },
    'pad/3': { ...made, type: 'INTEGER', place: 1, much: 'b', only: 'b > length(a)' },
    'resize/2': resized,
    'resize/3': resized,
    'compare/2': compared,
    'similar/2': similar,
    'similar/3': similar,
    'find/2': found,
    'searched/2': searched,
    'searched/3': searched,
    'searched/4': searched,
    'replace/3': {
      ...{ place: 0, ...text(characters, replaced, 'characters', 1) },
      only: `${replaced} > 8 * strlen(a)`,
    },
    'grown/3': grown,
    'grown/4': grown,
    'brackets/1': { place: 0, ...nested('a') },
    'brackets/2': { place: 0, ...nested('a') },
    'second/2': { place: 1, ...nested('b') },
    'like/2': { place: 0, ...tried('%') },
    'glob/2': { place: 0, ...tried('*') },
    digits: { place: 0, ...text(DIGITS * share, length('a'), 'digits', 10) },
    lambda: { place: 0, ...text(LAMBDA_BYTES * share, 'len(a) * d', 'bytes to look at', 1) },
    reduced: { place: 0, ...text(characters, length('a'), 'characters', 2) },
  };
}

/** A format with such a width, or with one that is another argument; b is what is a number of these. */
const paddedBy = (before: string, width: string, argument: string, most: number): string =>
  `regexp_matches(a, '${before}${width}') OR regexp_matches(a, '${before}${argument}') AND list_max(b) > ${most}`;

/** A format that names long arguments again and again; c is their lengths. */
const longBy = (share: number): string =>
  `${length('a')} / 3 * coalesce(list_max(c), 0) > greatest(${STEPS * share}, 2 * coalesce(list_sum(c), 0) + strlen(a))`;

const named = (kind: string, names: string) => names.split(' ').map((name) => [name, kind] as const);

/** Function → its family; a kind is a family, mostly with a number of arguments. */
export const FAMILIES: ReadonlyMap<string, string> = new Map([
  ...named('series', 'range generate_series'),
  ...named('hop', 'hop hop_starts'),
  ...named('pad', 'lpad rpad'),
  ...named('bits', 'bitstring'),
  ...named('resize', 'list_resize array_resize'),
  ...named('repeat', 'repeat'),
  ...named('printf', 'printf'),
  ...named('format', 'format'),
  ...named('compare', 'levenshtein editdist3 damerau_levenshtein'),
  ...named('similar', 'jaro_similarity jaro_winkler_similarity'),
  ...named('find', 'contains instr strpos position string_split str_split split string_to_array'),
  ...named('searched', 'regexp_extract_all string_split_regex str_split_regex regexp_split_to_array'),
  ...named('replace', 'replace'),
  ...named('grown', 'regexp_replace'),
  ...named('brackets', 'json_structure json_contains json_pretty json_merge_patch'),
  ...named('like', '~~ !~~ ~~* !~~* like_escape not_like_escape ilike_escape not_ilike_escape'),
  ...named('glob', '~~~ glob'),
]);

/** Functions that do something for each item of a list. */
export const LAMBDAS = /^((list_|array_)?(transform|apply|filter)|list_reduce|array_reduce|reduce)$/;
export const REDUCTIONS = /reduce$/;
