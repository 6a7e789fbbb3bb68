import * as fc from 'fast-check';
import { cellKey } from './cell';
import { partKey, partsKey, splitCellKey } from './cell-parts';
import type { Value } from './sql-value';
import { formatTimestamp } from './time';

const digits = (n: bigint) => {
  const text = String(n < 0n ? -n : n).padStart(3, '0');
  return `${n < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
};
const big = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n });

const VALUES: readonly (readonly [type: string, value: fc.Arbitrary<Value>])[] = [
  ['TIMESTAMP', fc.oneof(fc.maxSafeInteger().map(formatTimestamp), fc.constantFrom('infinity', '-infinity'))],
  ['BIGINT', fc.oneof(fc.integer(), fc.constantFrom(0, 9, 10, -9, -10))],
  ['HUGEINT', big.map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : String(n)))],
  ['DECIMAL(38,2)', big.map((n) => digits(n / 10n))],
  ['DOUBLE', fc.double().map((n) => (Number.isFinite(n) ? n : String(n)))],
  ['BOOLEAN', fc.boolean()],
  ['VARCHAR', fc.string({ unit: 'binary', maxLength: 8 })],
  ['DATE', fc.constantFrom('2001-01-31', '0001-01-01', '+012345-01-01')],
  ['TIME', fc.constantFrom('00:00:00', '23:59:59.000001')],
  ['INTERVAL', fc.constantFrom('1 day', '')],
  ['INTEGER[]', fc.array(fc.integer(), { maxLength: 3 })],
];

/** Of any type a value of any other too: keys name what is not as its type says, all the same. */
const part = fc
  .tuple(fc.constantFrom(...VALUES), fc.constantFrom(...VALUES), fc.integer({ min: 0, max: 9 }))
  .chain(([[type, value], [, other], odd]) =>
    fc.tuple(fc.constant(type), fc.option(odd === 0 ? other : value)),
  );

describe('The parts of a cell key', () => {
  test('are found again in its text, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const types = parts.map(([type]) => type);
        const id = cellKey(
          types,
          parts.map(([, value]) => value),
        );
        expect(splitCellKey(types, id)).toEqual(parts.map(([type, value]) => partKey(type, value)));
      }),
      { numRuns: 2000 },
    );
  });

  test('cannot be told where a key was cut', () => {
    expect(splitCellKey(['VARCHAR'], cellKey(['VARCHAR'], ['x'.repeat(2000)]))).toBeUndefined();
  });

  test('give a text of bounded length together, which differs where they do', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '}', '#'), maxLength: 220 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 2 }), fc.array(text, { maxLength: 2 }), (a, b) => {
        const [one, other] = [a, b].map((texts) => texts.map((one) => partKey('VARCHAR', one)));
        expect(partsKey(one!) === partsKey(other!)).toBe(one!.join('') === other!.join(''));
        expect(partsKey(one!).length).toBeLessThanOrEqual(160);
      }),
    );
  });
});
