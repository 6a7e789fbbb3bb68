/** The times that the calendar of events has: years 1 to 9999, milliseconds since the epoch. */
const FIRST = -62_135_596_800_000;
const LAST = 253_402_300_799_999;

/**
 * When a record was appended, as every reader takes it: foreign writers may say anything, nanoseconds or less than nothing, and
 * both layers must make the same of it, and not fail.
 */
export const logTime = (ms: number): number =>
  Number.isNaN(ms) ? 0 : Math.trunc(Math.min(Math.max(ms, FIRST), LAST));
