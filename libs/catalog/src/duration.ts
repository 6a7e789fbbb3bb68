/** Durations as people write them: ISO 8601 (`P90D`, `PT12H`) or words (`90 days`, `1 day 12 hours`, `36h`). */

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;

/** Months and years have no fixed length: here a month is 30 days and a year 365. */
const UNITS: Readonly<Record<string, number>> = {
  second: SECOND,
  minute: 60 * SECOND,
  hour: 3600 * SECOND,
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
  year: 365 * DAY,
};

const SHORT: Readonly<Record<string, string>> = {
  s: 'second',
  sec: 'second',
  m: 'minute',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  y: 'year',
};

const ISO =
  /^P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,6})?)S)?)?$/i;
const ISO_UNITS = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second'] as const;
const WORDS = /^(\d+(?:\.\d+)?\s*[a-z]+)(?:(?:\s*,\s*|\s+)\d+(?:\.\d+)?\s*[a-z]+)*$/i;

/** @returns microseconds, or undefined if the text is no duration above zero. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  const micros = isoMicros(trimmed) ?? wordMicros(trimmed);
  return micros !== undefined && micros > 0 && Number.isSafeInteger(micros) ? micros : undefined;
}

function isoMicros(text: string): number | undefined {
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  return Math.round(
    ISO_UNITS.reduce((sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * UNITS[unit]!, 0),
  );
}

function wordMicros(text: string): number | undefined {
  if (!WORDS.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, word] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const unit = unitOf(word!.toLowerCase());
    if (unit === undefined) return undefined;
    sum += Number(amount) * unit;
  }
  return Math.round(sum);
}

function unitOf(word: string): number | undefined {
  const name = SHORT[word] ?? word.replace(/s$/, '');
  return Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
}
