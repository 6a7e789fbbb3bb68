/**
 * Whether a text is a JSON array, told without making anything of it: what lands is checked so cell by cell, and stored as the
 * text that came. It takes what `JSON.parse` takes, and nothing else.
 */

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a] as const;
const [OPENS, CLOSES, BEGINS, ENDS] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
const [MINUS, PLUS, POINT, ZERO, NINE] = [0x2d, 0x2b, 0x2e, 0x30, 0x39] as const;
const [SMALL_E, LARGE_E, SMALL_U] = [0x65, 0x45, 0x75] as const;

/** Deeper than any state or key. */
const MOST_DEEP = 32;
/** No JSON. */
const NONE = -1;
/** It is for the parser to tell. */
const TOO_DEEP = -2;

/** True for an array alone, which begins with the text's first character. */
export function isJsonArray(text: string): boolean {
  // Its first character tells an array from all else that is JSON.
  if (text.charCodeAt(0) !== OPENS) return false;
  const end = listEnd(text, 0, 0, false);
  if (end === TOO_DEEP) return isParsed(text);
  return end !== NONE && afterSpace(text, end) === text.length;
}

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function afterSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) return at;
    at += 1;
  }
}

/** @returns where what begins there ends; or NONE, or TOO_DEEP */
function valueEnd(text: string, at: number, depth: number): number {
  const unit = text.charCodeAt(at);
  if (unit === QUOTE) return stringEnd(text, at);
  if (unit === MINUS || isDigit(unit)) return numberEnd(text, at);
  if (unit === OPENS || unit === BEGINS)
    return depth >= MOST_DEEP ? TOO_DEEP : listEnd(text, at, depth, unit === BEGINS);
  const word = unit === 0x6e ? 'null' : unit === 0x74 ? 'true' : 'false';
  return text.startsWith(word, at) ? at + word.length : NONE;
}

/** Of an array, or of an object, whose values have names. */
function listEnd(text: string, from: number, depth: number, named: boolean): number {
  const closes = named ? ENDS : CLOSES;
  let at = afterSpace(text, from + 1);
  if (text.charCodeAt(at) === closes) return at + 1;
  for (;;) {
    if (named) {
      if (text.charCodeAt(at) !== QUOTE) return NONE;
      const end = stringEnd(text, at);
      if (end < 0) return end;
      at = afterSpace(text, end);
      if (text.charCodeAt(at) !== COLON) return NONE;
      at = afterSpace(text, at + 1);
    }
    const end = valueEnd(text, at, depth + 1);
    if (end < 0) return end;
    at = afterSpace(text, end);
    const unit = text.charCodeAt(at);
    if (unit === closes) return at + 1;
    if (unit !== COMMA) return NONE;
    at = afterSpace(text, at + 1);
  }
}

function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at + 1;
    if (unit < 0x20) return NONE;
    if (unit !== BACKSLASH) continue;
    at += 1;
    const escaped = text.charCodeAt(at);
    if (escaped === SMALL_U) {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) return NONE;
      at += 4;
    } else if (!'"\\/bfnrt'.includes(text.charAt(at)) || at >= text.length) return NONE;
  }
  return NONE;
}

const isDigit = (unit: number) => unit >= ZERO && unit <= NINE;

function digitsEnd(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

function numberEnd(text: string, from: number): number {
  let at = text.charCodeAt(from) === MINUS ? from + 1 : from;
  const whole = digitsEnd(text, at);
  if (whole === at || (text.charCodeAt(at) === ZERO && whole > at + 1)) return NONE;
  at = whole;
  if (text.charCodeAt(at) === POINT) {
    const end = digitsEnd(text, at + 1);
    if (end === at + 1) return NONE;
    at = end;
  }
  const exponent = text.charCodeAt(at);
  if (exponent !== SMALL_E && exponent !== LARGE_E) return at;
  const sign = text.charCodeAt(at + 1);
  const digits = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
  const end = digitsEnd(text, digits);
  return end === digits ? NONE : end;
}
