/** How what a catalog says is shown. */

/** Long texts are for the files; a plan names them. */
const MOST = 80;

export const shorter = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MOST ? line : `${line.slice(0, MOST - 1)}…`;
};

const UNITS = [
  [86_400_000_000, 'day'],
  [3_600_000_000, 'hour'],
  [60_000_000, 'minute'],
  [1_000_000, 'second'],
] as const;

/** As a catalog may write it, to the microsecond: `90 days`, `36 hours`, `0.25 seconds`. */
export function durationText(micros: number): string {
  const [unit, name] = UNITS.find(([one]) => micros % one === 0) ?? [1_000_000, 'second'];
  const amount = unit === 1_000_000 ? decimal(micros) : String(micros / unit);
  return `${amount} ${name}${amount === '1' ? '' : 's'}`;
}

/** Of microseconds, seconds without an exponent. */
function decimal(micros: number): string {
  const digits = String(micros).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, '');
}

export const byName = <T extends { readonly name: string }>(all: readonly T[]): ReadonlyMap<string, T> =>
  new Map(all.map((one) => [one.name, one]));

export const namesIn = (...maps: readonly ReadonlyMap<string, unknown>[]): string[] =>
  [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
