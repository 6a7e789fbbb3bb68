/** How many dead letters of one source are kept whole: what refuses everything must not fill the disk with its refusals. */

/** Per source, instance and hour. */
export interface LetterLimits {
  readonly letters: number;
  readonly bytes: number;
}

export const LETTER_LIMITS: LetterLimits = { letters: 10_000, bytes: 64 * 1024 * 1024 };

const HOUR_MS = 3_600_000;

export class LetterBudget {
  private hour = -1;
  private letters = 0;
  private bytes = 0;
  /** Of this hour, beyond what it may hold. */
  private beyond = 0;
  /** Since this instance began: written to the log, and only counted. */
  readonly totals = { kept: 0, counted: 0 };

  constructor(private readonly limits: LetterLimits = LETTER_LIMITS) {}

  /** True if all letters of the hour so far were within its limits. */
  get within(): boolean {
    return this.beyond === 0;
  }

  /**
   * Beyond the limits each 1st, 2nd, 4th, 8th, … is kept as a sample: of any number of letters a few, to the end.
   *
   * @param bytes of the letter's value
   * @returns whether it is to be written
   */
  admits(bytes: number, nowMs: number): boolean {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour !== this.hour) {
      this.hour = hour;
      this.letters = this.bytes = this.beyond = 0;
    }
    if (this.letters < this.limits.letters && this.bytes + bytes <= this.limits.bytes) {
      this.letters += 1;
      this.bytes += bytes;
      this.totals.kept += 1;
      return true;
    }
    this.beyond += 1;
    const sampled = Number.isInteger(Math.log2(this.beyond));
    this.totals[sampled ? 'kept' : 'counted'] += 1;
    return sampled;
  }
}
