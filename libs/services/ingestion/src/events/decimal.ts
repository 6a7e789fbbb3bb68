/** `multipleOf` for decimals: 0.07 is a multiple of 0.01, although 0.07 / 0.01 is not a whole number in doubles. */

/** How many decimals a number has in its shortest form: 0.25 has 2, 1e-7 has 7. */
export function decimalsOf(step: number): number {
  const [digits, exponent] = String(step).split('e');
  const fraction = digits?.split('.')[1]?.length ?? 0;
  return Math.max(0, fraction - Number(exponent ?? 0));
}

/**
 * @returns a test for being the double nearest to a whole multiple of `step`. Values of more digits than a double can
 * tell apart fail, since their last digits are lost already.
 */
export function multipleOf(step: number): (value: number) => boolean {
  const decimals = decimalsOf(step);
  // Powers of ten are exact up to here.
  if (decimals > 22) return (value) => Number.isInteger(value / step);
  const scale = 10 ** decimals;
  const unit = Math.round(step * scale);
  return (value) => {
    const scaled = Math.round(value * scale);
    return Number.isSafeInteger(scaled) && scaled / scale === value && scaled % unit === 0;
  };
}
