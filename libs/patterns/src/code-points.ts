/** Sets of code points: those of a character, a class or an escape of a JavaScript pattern (flag `u`). */
import type { AST } from '@eslint-community/regexpp';

/** First and last, inclusive. */
export type Range = readonly [number, number];

const LAST = 0x10ffff;
const ANY: readonly Range[] = [[0, LAST]];
const DIGITS: readonly Range[] = [[0x30, 0x39]];
const WORD: readonly Range[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const SPACE: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const ESCAPES = { digit: DIGITS, word: WORD, space: SPACE };

/** What `.` leaves out. */
const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

type Element = AST.Character | AST.CharacterSet | AST.CharacterClass | AST.CharacterClassElement;

/** @returns undefined for what only the flag `v` knows */
export function codePointsOf(element: Element): readonly Range[] | undefined {
  switch (element.type) {
    case 'Character':
      return [[element.value, element.value]];
    case 'CharacterClassRange':
      return [[element.min.value, element.max.value]];
    case 'CharacterClass': {
      const parts = element.elements.map(codePointsOf);
      if (parts.some((part) => part === undefined)) return undefined;
      const all = joined(parts.flatMap((part) => part ?? []));
      return element.negate ? complement(all) : all;
    }
    case 'CharacterSet':
      return ofSet(element);
    default:
      return undefined;
  }
}

function ofSet(set: AST.CharacterSet): readonly Range[] {
  if (set.kind === 'any') return complement(LINE_ENDS);
  const ranges = set.kind === 'property' ? ofProperty(set.key, set.value) : ESCAPES[set.kind];
  return set.negate ? complement(ranges) : ranges;
}

const properties = new Map<string, readonly Range[]>();

/** As this Node's own tables have it, so that both engines mean the same by it. */
function ofProperty(key: string, value: string | null): readonly Range[] {
  const name = value === null ? key : `${key}=${value}`;
  let ranges = properties.get(name);
  if (ranges === undefined) {
    ranges = searched(new RegExp(`^\\p{${name}}$`, 'u'));
    properties.set(name, ranges);
  }
  return ranges;
}

function searched(one: RegExp): Range[] {
  const ranges: Range[] = [];
  let first = -1;
  for (let point = 0; point <= LAST + 1; point += 1) {
    const isIn = point <= LAST && one.test(String.fromCodePoint(point));
    if (isIn && first < 0) first = point;
    if (!isIn && first >= 0) {
      ranges.push([first, point - 1]);
      first = -1;
    }
  }
  return ranges;
}

function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1] + 1) all[all.length - 1] = [last[0], Math.max(last[1], to)];
    else all.push([from, to]);
  }
  return all;
}

function complement(ranges: readonly Range[]): readonly Range[] {
  if (ranges.length === 0) return ANY;
  const rest: Range[] = [];
  let from = 0;
  for (const [first, last] of joined(ranges)) {
    if (first > from) rest.push([from, first - 1]);
    from = last + 1;
  }
  if (from <= LAST) rest.push([from, LAST]);
  return rest;
}

/** The same with the other case of each letter of ASCII. */
export function inBothCases(ranges: readonly Range[]): readonly Range[] {
  const others = ranges.flatMap(([from, to]): Range[] => [
    ...shifted(Math.max(from, 0x41), Math.min(to, 0x5a), 0x20),
    ...shifted(Math.max(from, 0x61), Math.min(to, 0x7a), -0x20),
  ]);
  return joined([...ranges, ...others]);
}

const shifted = (from: number, to: number, by: number): Range[] => (from > to ? [] : [[from + by, to + by]]);
