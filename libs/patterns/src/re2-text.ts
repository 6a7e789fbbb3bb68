/** A JavaScript pattern (flag `u`) as one of RE2 that matches the same texts. */
import type { AST } from '@eslint-community/regexpp';
import type { Range } from './code-points';
import { codePointsOf, inBothCases } from './code-points';

/** What RE2 has no means for, and why a pattern is refused. */
export class UnsupportedPattern extends Error {}

/** RE2's own bound on a repetition. */
const MAX_TIMES = 1000;

/** @throws UnsupportedPattern */
export function re2Text(pattern: AST.Pattern, ignoreCase: boolean): string {
  const any = (all: readonly AST.Alternative[]): string =>
    all.map(({ elements }) => elements.map(one).join('')).join('|');

  function one(element: AST.Element): string {
    switch (element.type) {
      case 'Group':
        if (element.modifiers !== null) throw new UnsupportedPattern(`${element.raw} changes the flags`);
        return `(?:${any(element.alternatives)})`;
      case 'CapturingGroup':
        return `(?:${any(element.alternatives)})`;
      case 'Quantifier':
        return `(?:${one(element.element)})${times(element)}`;
      case 'Assertion':
        return assertion(element);
      case 'Backreference':
        throw new UnsupportedPattern(`${element.raw} refers back to a group`);
      case 'ExpressionCharacterClass':
        throw new UnsupportedPattern(`${element.raw} is written for another flag`);
      default: {
        const ranges = codePointsOf(element);
        if (ranges === undefined) throw new UnsupportedPattern(`${element.raw} is written for another flag`);
        return classText(ignoreCase ? inBothCases(ranges) : ranges);
      }
    }
  }

  return any(pattern.alternatives);
}

function assertion(element: AST.Assertion): string {
  switch (element.kind) {
    case 'start':
      return '\\A';
    case 'end':
      return '\\z';
    case 'word':
      return element.negate ? '\\B' : '\\b';
    default:
      throw new UnsupportedPattern(
        `${element.raw} looks ${element.kind === 'lookahead' ? 'ahead' : 'behind'}`,
      );
  }
}

function times({ min, max, raw }: AST.Quantifier): string {
  if (min > MAX_TIMES || (max !== Infinity && max > MAX_TIMES))
    throw new UnsupportedPattern(`${raw} repeats more than ${MAX_TIMES} times`);
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return `{${min},${max}}`;
}

const hex = (point: number): string => `\\x{${point.toString(16)}}`;

function classText(ranges: readonly Range[]): string {
  if (ranges.length === 0) return '[^\\x{0}-\\x{10ffff}]';
  return `[${ranges.map(([from, to]) => (from === to ? hex(from) : `${hex(from)}-${hex(to)}`)).join('')}]`;
}
