import fc from 'fast-check';
import { decimalsOf, multipleOf } from './decimal';

describe('multipleOf', () => {
  it('takes every whole multiple of a decimal step, as it is written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 1e12 }),
        fc.constantFrom(0.1, 0.01, 0.001, 0.25, 0.05, 1, 5),
        (count, step) => {
          const decimals = decimalsOf(step);
          const scaled = BigInt(count) * BigInt(Math.round(step * 10 ** decimals));
          const text = scaled
            .toString()
            .replace('-', '')
            .padStart(decimals + 1, '0');
          const value = Number(
            `${count < 0 ? '-' : ''}${text.slice(0, text.length - decimals)}.${text.slice(text.length - decimals)}`,
          );
          expect(multipleOf(step)(value)).toBe(true);
        },
      ),
    );
  });

  it.each([
    [0.005, 0.01],
    [0.1 + 0.2, 0.1],
    [0.3, 0.25],
    [1e300, 0.01],
    [7, 5],
  ])('refuses %d as a multiple of %d', (value, step) => {
    expect(multipleOf(step)(value)).toBe(false);
  });

  it('counts decimals', () => {
    expect([1, 0.25, 1e-7, 12.5e-3, 100].map(decimalsOf)).toEqual([0, 2, 7, 4, 0]);
  });
});
