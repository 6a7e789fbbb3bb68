import type { StateSpec } from '../states/spec';
import type { CellVersion } from './fold';
import { foldCell, takenOut, versionAt } from './fold';
import { isServedBefore, keptBy, keptGenerations } from './kept';
import type { KeptGeneration } from './kept';
import type { Pointer } from './pointer';
import { emptyPointer } from './pointer';

const COUNT: StateSpec[] = [{ kind: 'count' }];
const pointer = (generation: number, line = 0): Pointer => ({ ...emptyPointer('h'), line, generation });
const kept = (generation: number, before: number | null, line = 0): KeptGeneration => ({
  pointer: pointer(generation, line),
  before: before === null ? null : { line, generation: before },
});

test('those before the served one can be read as far as each is known, and no more of them than are kept', () => {
  const known = [kept(1, null), kept(2, 1), kept(5, 2), kept(6, 5)];
  const generations = (most: number, of = known) =>
    keptBy(pointer(6), of, most).map(({ generation }) => generation);
  expect(generations(20)).toEqual([6, 5, 2, 1]);
  expect(generations(2)).toEqual([6, 5, 2]);
  expect(generations(0)).toEqual([6]);
  expect(generations(20, [kept(1, null), kept(5, 2), kept(6, 5)])).toEqual([6, 5]);
  expect(generations(20, [kept(5, null), kept(6, 5), kept(4, 1)])).toEqual([6, 5]);
  // Moved by somebody who keeps nothing.
  expect(generations(20, [kept(1, null), kept(2, 1)])).toEqual([6]);
  expect(keptBy(pointer(0), known, 20)).toEqual([]);
});

test('a line that ends with a generation is before the one that begins with it', () => {
  const known = [kept(3, null), kept(4, 3), { ...kept(4, null, 1), before: { line: 0, generation: 4 } }];
  expect(keptBy(pointer(4, 1), known, 20).map(({ line, generation }) => [line, generation])).toEqual([
    [1, 4],
    [0, 4],
    [0, 3],
  ]);
  expect(isServedBefore(pointer(4), pointer(4, 1))).toBe(true);
  expect(isServedBefore(pointer(4, 1), pointer(4, 1))).toBe(false);
});

test('what a product says of it goes, also none', () => {
  expect([keptGenerations({}), keptGenerations({ generations: 0 })]).toEqual([20, 0]);
});

/** The law in words that share nothing with it: a cell at a generation is the number of its records before that cut. */
test('with what folds took out every served generation is found, whoever folds beside, in any order', () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  let past = 0;
  for (let world = 0; world < 300; world++) {
    const records = Array.from({ length: 12 }, () => random(3));
    const upTo = (from: number, to: number) => records.slice(from, to).reduce((sum, one) => sum + one, 0);
    let document: CellVersion[] = [];
    const out = new Map<number, CellVersion[]>();
    const served: number[] = [];
    let at = 0;
    const fold = (from: number, to: number) => {
      if (upTo(from, to) === 0) return;
      const gone = takenOut(document, from);
      if (gone.length > 0) {
        expect(out.has(from)).toBe(false);
        out.set(from, gone);
        past += 1;
      }
      document = foldCell(COUNT, document, { from, to, states: [upTo(from, to)], amended: false });
    };
    while (at < 11) {
      // Runs that are given up leave what they have made.
      for (let beside = random(3); beside > 0; beside--) fold(at, at + 1 + random(3));
      const to = Math.min(12, at + 1 + random(3));
      fold(at, to);
      if (random(2) === 0) fold(at, to);
      at = to;
      served.push(at);
    }
    for (const generation of served) {
      const later = served.filter((one) => one > generation).sort((a, b) => b - a);
      const all = [document, ...later.map((one) => out.get(one) ?? [])];
      const version = all.map((versions) => versionAt(versions, generation)).find((one) => one !== undefined);
      expect(version?.s[0] ?? 0).toBe(upTo(0, generation));
    }
  }
  expect(past).toBeGreaterThan(100);
});
