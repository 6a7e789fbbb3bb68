import * as fc from 'fast-check';
import { areSame, areSomeSame, keyEnd, keyIn, statesAt } from './state-texts';

/** What states and keys are made of, with all that could be taken for the end of something. */
const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, 0, 1, -1.5, true, '', '"', '\\', '\\"', ']', '}', ',', '[{', ',"s":[', 'é'),
  fc.string({ maxLength: 5 }),
  fc.integer(),
);
const value = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.record({ v: fc.array(fc.record({ g: fc.nat(3), s: fc.array(leaf, { maxLength: 2 }) })) }),
);
const key = fc.array(value, { maxLength: 2 });
const states = fc.array(value, { minLength: 3, maxLength: 3 });

interface Versions {
  readonly made: number;
  readonly states: readonly unknown[];
  readonly older: readonly unknown[];
  readonly amended: boolean;
}
const textOf = (k: unknown, { made, states: s, older, amended }: Versions) =>
  `${JSON.stringify({ k, v: [{ g: made, s, ...(amended && { a: true }) }, ...older] })}\n0123abcd`;
const versions = (of: fc.Arbitrary<readonly unknown[]>) =>
  fc.record({
    made: fc.constantFrom(3, 12, 140),
    states: of,
    older: fc.array(fc.record({ g: fc.constant(1), s: states }), { maxLength: 2 }),
    amended: fc.boolean(),
  });

test('states are the same by their texts where they are by their values, and only there', () => {
  let same = 0;
  fc.assert(
    fc.property(key, states, versions(states), versions(states), fc.boolean(), (k, s, left, right, equal) => {
      const [a, b] = equal
        ? [
            { ...left, states: s },
            { ...right, states: s },
          ]
        : [left, right];
      const [textA, textB] = [textOf(k, a), textOf(k, b)];
      const [endA, endB] = [keyEnd(textA), keyEnd(textB)];
      expect(keyIn(textA, endA)).toEqual(JSON.parse(JSON.stringify(k)));
      const [atA, atB] = [statesAt(textA, endA, a.made), statesAt(textB, endB, 1000)];
      expect(Math.min(atA, atB)).toBeGreaterThan(0);
      const [wordsA, wordsB] = [a, b].map((one) => one.states.map((state) => JSON.stringify(state)));
      expect(areSame(textA, atA, textB, atB)).toBe(wordsA!.join() === wordsB!.join());
      for (const pair of [
        [0, 0],
        [1, 2],
        [2, 0],
      ] as const)
        expect(areSomeSame(textA, atA, textB, atB, [pair])).toBe(wordsA![pair[0]] === wordsB![pair[1]]);
      expect(
        areSomeSame(textA, atA, textB, atB, [
          [0, 0],
          [2, 2],
        ]),
      ).toBe(wordsA![0] === wordsB![0] && wordsA![2] === wordsB![2]);
      if (wordsA!.join() === wordsB!.join()) same += 1;
    }),
    { seed: 14, numRuns: 500 },
  );
  expect(same).toBeGreaterThan(100);
});

test('a version that is newer than what is shown, and what is no document of base, is not told', () => {
  const text = textOf(['a'], { made: 12, states: [1], older: [{ g: 3, s: [2] }], amended: false });
  expect(statesAt(text, keyEnd(text), 11)).toBe(-1);
  for (const other of ['', '{', '{"k":["a"', '{"k":["a"],"s":[1]}', '{"k":["a"],"v":[]}', '{"s":[1]}'])
    expect(statesAt(other, keyEnd(other), 12)).toBe(-1);
});

test('texts that end before their states do are not the same', () => {
  const whole = '{"k":["a"],"v":[{"g":1,"s":[1,[2';
  const at = statesAt(whole, keyEnd(whole), 1);
  expect(at).toBeGreaterThan(0);
  expect(areSame(whole, at, whole, at)).toBe(false);
  expect(areSomeSame(whole, at, whole, at, [[0, 0]])).toBe(false);
});
