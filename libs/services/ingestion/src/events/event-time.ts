/** When an event happened, by its source's rule, in microseconds since the epoch. */
import { canonicalTimestamp, formatTimestamp, parseTimestamp } from '@tenon/domain';

/** 0001-01-01 and (as a number has it) 9999-12-31T23:59:59.999999: what SQL and JSON readers agree on. */
const EARLIEST = -62_135_596_800_000_000;
const LATEST = 253_402_300_800_000_000;

/** Numbers below are seconds (until the year 5138), those below the next bound milliseconds, and then microseconds. */
const SECONDS_BELOW = 1e11;
const MILLIS_BELOW = 1e14;

/** Remembers the last text, since the schema's `date-time` and the event's time ask for the same one. */
export class EventTimes {
  private text = '';
  private micros: number | undefined;
  private formatted = '';

  /** @returns undefined for what is no time */
  read(value: unknown): number | undefined {
    if (typeof value === 'number') {
      if (this.text !== '') this.formatted = this.text = '';
      return within(fromNumber(value));
    }
    const micros = typeof value === 'string' ? this.parse(value) : undefined;
    // At the ends a number does not tell the years apart.
    if (micros === EARLIEST || micros === LATEST)
      return /^(?!0000)\d/.test(canonicalTimestamp(this.text) ?? '') ? micros : undefined;
    return within(micros);
  }

  /** RFC 3339 in UTC, of what was read last or of a number: far from now a number does not hold the digits of a text. */
  format(micros: number): string {
    if (micros !== this.micros || this.formatted === '') {
      if (micros !== this.micros) this.text = '';
      this.micros = micros;
      this.formatted =
        (Number.isSafeInteger(micros) || this.text === '' ? undefined : canonicalTimestamp(this.text)) ??
        formatTimestamp(micros);
    }
    return this.formatted;
  }

  private parse(text: string): number | undefined {
    if (text === this.text && text !== '') return this.micros;
    const micros = parseTimestamp(text);
    this.text = text;
    this.micros = micros;
    this.formatted = micros !== undefined && CANONICAL.test(text) ? text : '';
    return micros;
  }
}

const within = (micros: number | undefined) =>
  micros !== undefined && micros >= EARLIEST && micros < LATEST ? micros : undefined;

/** A moment that is written as `formatTimestamp` writes it. */
const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function fromNumber(value: number): number {
  const size = Math.abs(value);
  return Math.round(size < SECONDS_BELOW ? value * 1e6 : size < MILLIS_BELOW ? value * 1e3 : value);
}
