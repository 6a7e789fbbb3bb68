/**
 * Patterns of a schema, matched in steps that grow with the text and never faster: by JavaScript's own engine where its
 * backtracking is bounded, else by RE2 (re2js), whose every match is linear.
 */
import type { AST } from '@eslint-community/regexpp';
import { RegExpParser } from '@eslint-community/regexpp';
import { RE2JS } from 're2js';
import { isLinearByBacktracking } from './cost';
import { UnsupportedPattern, re2Text } from './re2-text';

export { UnsupportedPattern };

/** A regular expression of JavaScript with the flag `u`. */
export interface Pattern {
  readonly engine: 'own' | 're2';
  test(text: string): boolean;
  /** Other for other patterns: ajv tells them apart by it. */
  toString(): string;
}

/**
 * @param source as JSON Schema writes it, or one that knows `i` for ASCII
 * @throws SyntaxError if it is no regular expression
 * @throws UnsupportedPattern with what is in it that can't be matched in linear time
 */
export function linearPattern(source: string, flags: 'u' | 'iu' = 'u'): Pattern {
  const own = new RegExp(source, flags);
  const parsed = parse(source);
  const toString = () => own.toString();
  if (isLinearByBacktracking(parsed)) return { engine: 'own', test: (text) => own.test(text), toString };
  const re2 = compiled(re2Text(parsed, flags === 'iu'));
  return { engine: 're2', test: (text) => re2.test(text), toString };
}

function parse(source: string): AST.Pattern {
  return new RegExpParser().parsePattern(source, 0, source.length, { unicode: true });
}

function compiled(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    throw new UnsupportedPattern(`it is too large for RE2 (${(error as Error).message})`);
  }
}
