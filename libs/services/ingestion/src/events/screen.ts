/**
 * What no event may hold, whatever its schema says: values that JSON.parse lets through and that then lose their value,
 * break a reader, or pollute a prototype.
 */
import type { Fault } from './rejection';
import { pointerSegment } from './rejection';

/** Objects and arrays within each other; the event's data is the first. */
export const MAX_DEPTH = 32;

/** ES2024, in Node since 20. */
type WellFormed = string & { isWellFormed(): boolean; toWellFormed(): string };

/** False for a text with half a character, which has no UTF-8. */
export const isWellFormed = (text: string): boolean => (text as WellFormed).isWellFormed();

/**
 * @param escapes whether the text that the value was parsed from holds `\u` escapes: only they can bring in lone
 * surrogates and NUL, so without them strings need no look
 * @returns the first fault, or undefined
 */
export function screen(value: unknown, escapes: boolean, pointer: string): Fault | undefined {
  const fault = check(value, 1, escapes);
  return fault && { ...fault, pointer: pointer + fault.pointer };
}

function check(value: unknown, depth: number, escapes: boolean): Fault | undefined {
  switch (typeof value) {
    case 'string':
      return escapes && !isWellFormed(value)
        ? fault('lone-surrogate', 'This text holds half a character (a lone surrogate).')
        : undefined;
    case 'number':
      return Number.isFinite(value)
        ? undefined
        : fault('number-too-large', 'This number is beyond what a double can hold.');
    case 'object':
      if (value === null) return undefined;
      if (depth > MAX_DEPTH) return fault('too-deep', `Objects and arrays may be nested ${MAX_DEPTH} deep.`);
      return Array.isArray(value) ? checkItems(value, depth, escapes) : checkFields(value, depth, escapes);
    default:
      return undefined;
  }
}

function checkItems(items: readonly unknown[], depth: number, escapes: boolean): Fault | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const found = check(items[index], depth + 1, escapes);
    if (found !== undefined) return within(index, found);
  }
  return undefined;
}

function checkFields(fields: object, depth: number, escapes: boolean): Fault | undefined {
  for (const name in fields) {
    if (name === '__proto__' || name === 'constructor') {
      return within(name, fault('forbidden-key', `No field may be called ${name}.`));
    }
    if (escapes && (name.includes('\0') || !isWellFormed(name))) {
      return within(
        (name as WellFormed).toWellFormed(),
        fault('bad-key', 'The name of a field holds a NUL or half a character.'),
      );
    }
    const found = check((fields as Readonly<Record<string, unknown>>)[name], depth + 1, escapes);
    if (found !== undefined) return within(name, found);
  }
  return undefined;
}

const fault = (code: string, detail: string): Fault => ({ pointer: '', code, detail });

const within = (name: string | number, inner: Fault): Fault => ({
  ...inner,
  pointer: pointerSegment(name) + inner.pointer,
});
