/**
 * Local times of named zones, by the time zone data of the platform (ICU, as DuckDB's). Local times are microseconds too: those
 * that the clock's reading would have in UTC.
 */
const formats = new Map<string, Intl.DateTimeFormat | null>();

function formatOf(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US', {
        ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
        ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
      });
    } catch {
      format = null;
    }
    formats.set(zone, format);
  }
  return format;
}

/** Whether the platform knows a zone by this name. */
export const isZone = (name: string): boolean => formatOf(name) !== null;

/** How far a zone's clocks are ahead of UTC at an instant, microseconds; NaN where it can't be told. */
export function zoneOffset(zone: string, micros: number): number {
  const seconds = Math.floor(micros / 1e6);
  if (!(Math.abs(seconds) <= 8.64e12)) return NaN;
  const found: Record<string, number> = {};
  for (const { type, value } of formatOf(zone)?.formatToParts(seconds * 1000) ?? [])
    found[type] = Number(value);
  const { year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN } = found;
  return (Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds) * 1e6;
}

/**
 * When a zone's clocks show a local time: once, twice where they are put back, and where it is left out, the instant that it would be
 * by the clock of before.
 */
export function instantsOf(
  zone: string,
  local: number,
): { readonly earliest: number; readonly latest: number } {
  const day = 86_400e6;
  const candidates = [local - zoneOffset(zone, local - day), local - zoneOffset(zone, local + day)];
  const shown = candidates.filter((at) => at + zoneOffset(zone, at) === local);
  const latest = Math.max(...(shown.length > 0 ? shown : candidates));
  return { earliest: shown.length > 0 ? Math.min(...shown) : latest, latest };
}

/** The end of the instants at which a zone's clocks show less than a local time. */
export function endOf(zone: string, local: number): number {
  const { earliest, latest } = instantsOf(zone, local);
  // Put back to this very time, they never show less again.
  return zoneOffset(zone, latest - 1) > zoneOffset(zone, latest) ? earliest : latest;
}
