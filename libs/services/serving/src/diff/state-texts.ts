/**
 * Whether two documents of base show the same states, told from their texts: most rows of two versions are the same, and what is
 * the same is neither parsed nor made into rows. A text that is not as expected is no document that this can tell of.
 */
import type { Generation } from '@tenon/domain';

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const OPEN = 91;
const CLOSE = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const HEAD = '{"k":';
const VERSIONS = ',"v":[{"g":';
const STATES = ',"s":[';

/** Where what stands at `at`, a list or a text, ends; -1: it does not. */
function endOf(text: string, at: number): number {
  let depth = 0;
  for (let index = at; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) {
      index = endOfText(text, index);
      if (index === -1) return -1;
    } else if (unit === OPEN || unit === OPEN_OBJECT) depth += 1;
    else if (unit === CLOSE || unit === CLOSE_OBJECT) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

/** The closing quote of the text that begins at `at`. */
function endOfText(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === BACKSLASH) index += 1;
    else if (unit === QUOTE) return index;
  }
  return -1;
}

/** Where the key ends; -1: it is no document of base. */
export const keyEnd = (text: string): number => (text.startsWith(HEAD) ? endOf(text, HEAD.length) : -1);

/** The key of a document. @param end its `keyEnd` */
export const keyIn = (text: string, end: number): unknown => JSON.parse(text.slice(HEAD.length, end));

/**
 * Where the first state stands of what a generation shows, if that is the document's newest version; else -1.
 *
 * @param end the document's `keyEnd`
 */
export function statesAt(text: string, end: number, generation: Generation): number {
  if (end === -1 || !text.startsWith(VERSIONS, end)) return -1;
  let at = end + VERSIONS.length;
  let made = 0;
  for (let unit = text.charCodeAt(at); unit >= 48 && unit <= 57; unit = text.charCodeAt(++at))
    made = 10 * made + unit - 48;
  if (made > generation || !text.startsWith(STATES, at)) return -1;
  return at + STATES.length;
}

/** Whether all states are the same, character by character. */
export function areSame(a: string, atA: number, b: string, atB: number): boolean {
  let depth = 1;
  let inText = false;
  for (let index = 0; ; index++) {
    const unit = a.charCodeAt(atA + index);
    // At the end there is no character, which equals nothing.
    if (unit !== b.charCodeAt(atB + index)) return false;
    if (unit === QUOTE) inText = !inText;
    else if (inText) {
      if (unit !== BACKSLASH) continue;
      index += 1;
      if (a.charCodeAt(atA + index) !== b.charCodeAt(atB + index)) return false;
    } else if (unit === OPEN || unit === OPEN_OBJECT) depth += 1;
    else if ((unit === CLOSE || unit === CLOSE_OBJECT) && --depth === 0) return true;
  }
}

/** Where each state begins, and at last where the last one ends; empty: the list does not end. */
function bounds(text: string, at: number, found: number[]): void {
  found.length = 0;
  found.push(at);
  for (let index = at; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === COMMA) found.push(index + 1);
    else if (unit === CLOSE) return void found.push(index + 1);
    else if (unit === QUOTE) index = endOfText(text, index);
    else if (unit === OPEN || unit === OPEN_OBJECT) index = endOf(text, index) - 1;
    if (index < at) break;
  }
  found.length = 0;
}

const boundsA: number[] = [];
const boundsB: number[] = [];

/** Whether these states are the same. @param pairs their places in either */
export function areSomeSame(
  a: string,
  atA: number,
  b: string,
  atB: number,
  pairs: readonly (readonly [number, number])[],
): boolean {
  bounds(a, atA, boundsA);
  bounds(b, atB, boundsB);
  for (const [left, right] of pairs) {
    const [fromA, toA] = [boundsA[left], boundsA[left + 1]];
    const [fromB, toB] = [boundsB[right], boundsB[right + 1]];
    if (fromA === undefined || toA === undefined || fromB === undefined || toB === undefined) return false;
    if (toA - fromA !== toB - fromB) return false;
    // What stands behind each, a comma or a bracket, is no part of it.
    for (let index = 0; index < toA - fromA - 1; index++)
      if (a.charCodeAt(fromA + index) !== b.charCodeAt(fromB + index)) return false;
  }
  return true;
}
