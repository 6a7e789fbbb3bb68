import * as fc from 'fast-check';
import { addIntegers, encodeInteger, formatDecimal, unscaledDigits } from './integers';

const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
);

describe('JSON integers', () => {
  it('add up like BigInt, and have one form', () => {
    fc.assert(
      fc.property(integer, integer, fc.boolean(), (a, b, negate) => {
        const other = negate ? -b : b;
        const sum = addIntegers(encodeInteger(a), encodeInteger(other));
        expect(BigInt(sum)).toBe(a + other);
        expect(sum).toBe(encodeInteger(a + other));
        expect(typeof sum === 'number').toBe(a + other > -(2n ** 53n) && a + other < 2n ** 53n);
      }),
      { numRuns: 500 },
    );
  });
});

describe('decimal texts', () => {
  it('show all digits of the scale', () => {
    expect(formatDecimal(1250, 2)).toBe('12.50');
    expect(formatDecimal(-50, 2)).toBe('-0.50');
    expect(formatDecimal(0, 2)).toBe('0.00');
    expect(formatDecimal('-123456789012345678901', 3)).toBe('-123456789012345678.901');
    expect(formatDecimal(7, 0)).toBe('7');
  });

  it('are read back', () => {
    fc.assert(
      fc.property(
        integer,
        fc.nat(20),
        (n, scale) => unscaledDigits(formatDecimal(n, scale), scale) === String(n),
      ),
    );
  });

  it('are read in other spellings, and refused where they do not fit', () => {
    for (const text of ['12.5', '+12.50', '012.500', '12.5000000'])
      expect(unscaledDigits(text, 2)).toBe('1250');
    for (const text of ['-0', '-0.00', '.0', '0.']) expect(unscaledDigits(text, 2)).toBe('0');
    for (const text of ['', '.', '-', '1e5', '12.505', '1_000', 'NaN', ' 1', '0x10'])
      expect(unscaledDigits(text, 2)).toBeUndefined();
  });
});
