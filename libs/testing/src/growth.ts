/** Whether something grows over a long run, from what was measured at several points of it. */

export interface Measured {
  /** How far the run was, in rounds that are alike. */
  readonly round: number;
  readonly bytes: number;
}

/**
 * Bytes by which it grows in a round, once the run is warm: the least of the last third against the least of the middle
 * third. What comes and goes, caches that fill in the first third, and a single peak do not count.
 *
 * @param measured in the order of their rounds, at equal distances; six or more
 */
export function growthPerRound(measured: readonly Measured[]): number {
  const third = Math.floor(measured.length / 3);
  if (third < 2) throw new Error(`${measured.length} measurements are too few`);
  const last = measured.slice(-third);
  const middle = measured.slice(-2 * third, -third);
  const rounds = (last[0] as Measured).round - (middle[0] as Measured).round;
  return (leastOf(last) - leastOf(middle)) / rounds;
}

const leastOf = (measured: readonly Measured[]) => Math.min(...measured.map(({ bytes }) => bytes));
