/**
 * Integers beyond 2^53 (snowflake ids): a parsed value holds the nearest double, for the schema to judge, and the digits
 * that were sent are kept beside it, so that they are what is written again.
 *
 * JSON is read twice for them, and only where a text may hold one: the second time they are texts.
 */
type Holder = Readonly<Record<string | number, unknown>>;
type Digits = ReadonlyMap<string, string>;

/** Where a number of 16 digits may begin, outside of texts or within them. */
const MANY_DIGITS = /[:[,\s]-?[1-9]\d{15}/;

/** Texts, which are passed over, and numbers. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const INTEGER = /^-?\d+$/;

/** Deeper than an event may be, with the array or the CloudEvent around it. */
const MAX_DEPTH = 40;

/** Of each object and array that holds such integers, at any depth: the digits of its own, by field or place. */
const exact = new WeakMap<object, Digits>();

/** False where a text has no integer beyond 2^53 for sure: a look that costs little. */
export const mayHoldBigIntegers = (text: string): boolean => MANY_DIGITS.test(text);

/** JSON.parse that keeps the digits of integers beyond 2^53. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const others = withTexts(text);
  if (others !== text) note(value, JSON.parse(others), 0);
  return value;
}

/** JSON.parse with integers beyond 2^53 as texts, as answers over HTTP have them. @throws SyntaxError */
export function parseWithTexts(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return mayHoldBigIntegers(` ${text}`) ? JSON.parse(withTexts(text)) : value;
}

/** JSON.stringify, with the digits that were sent. */
export function stringifyExactly(value: unknown): string {
  if (typeof value !== 'object' || value === null || !exact.has(value)) return JSON.stringify(value);
  const inOrder: string[] = [];
  const text = JSON.stringify(value, function (this: object, name: string, one: unknown) {
    if (isBig(one)) inOrder.push(exactDigits(this, name) ?? JSON.stringify(one));
    return one;
  });
  let next = 0;
  return text.replace(TOKENS, (token) => (isBig(numberOf(token)) ? (inOrder[next++] as string) : token));
}

/** The digits of a holder's integer beyond 2^53; undefined for all other values. */
export const exactDigits = (holder: object | undefined, name: string | number): string | undefined =>
  holder === undefined ? undefined : exact.get(holder)?.get(String(name));

const isBig = (value: unknown): value is number => Number.isInteger(value) && !Number.isSafeInteger(value);

const numberOf = (token: string) => (token.startsWith('"') ? undefined : Number(token));

const withTexts = (text: string) =>
  text.replace(TOKENS, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  );

/** @returns true if the value holds any, at any depth */
function note(value: unknown, others: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
  const digits = new Map<string, string>();
  let within = false;
  for (const name of Object.keys(value)) {
    const one = (others as Holder)[name];
    if (typeof (value as Holder)[name] !== 'number')
      within = note((value as Holder)[name], one, depth + 1) || within;
    else if (typeof one === 'string') digits.set(name, one);
  }
  if (digits.size > 0 || within) exact.set(value, digits);
  return digits.size > 0 || within;
}
