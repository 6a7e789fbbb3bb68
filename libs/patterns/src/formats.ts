/** Formats of JSON Schema (those of ajv-formats), none of which is held up by a text. */
import type { Format } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats';
import { UnsupportedPattern, linearPattern } from './linear-pattern';

/** Longer texts are not of a format whose pattern looks ahead, as `url`; the longest that browsers and proxies pass on. */
const MAX_LENGTH = 2048;

type Validate = (text: string) => boolean;

/** By name: all whose pattern would else be matched by backtracking, to be added over ajv-formats' own. */
export function cappedFormats(): Readonly<Record<string, Validate>> {
  return Object.fromEntries(
    Object.entries(fullFormats as Record<string, Format>).flatMap(([name, format]) =>
      format instanceof RegExp ? [[name, linear(format)]] : [],
    ),
  );
}

function linear(pattern: RegExp): Validate {
  try {
    const own = linearPattern(pattern.source, pattern.ignoreCase ? 'iu' : 'u');
    return (text) => own.test(text);
  } catch (error) {
    if (!(error instanceof UnsupportedPattern) && !(error instanceof SyntaxError)) throw error;
    return (text) => text.length <= MAX_LENGTH && pattern.test(text);
  }
}
