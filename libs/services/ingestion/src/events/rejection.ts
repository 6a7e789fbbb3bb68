/** Why an event is not taken: a value, since bad input is no exception. */
import { HttpProblem } from '@tenon/errors';

/** One thing that is wrong, and where. */
export interface Fault {
  /** JSON pointer (RFC 6901) into the event as it was sent. */
  readonly pointer: string;
  /** The rule that is broken, e.g. a keyword of JSON Schema. */
  readonly code: string;
  readonly detail: string;
}

export class Rejection {
  /** Tells it from an event that is taken (`Prepared`). */
  readonly ok = false;

  /**
   * @param status what a call with this event alone is answered: 400 (no event at all), 413, 422 (an event that breaks a rule)
   * @param code stable, documented in docs/errors.md
   */
  constructor(
    readonly status: 400 | 413 | 415 | 422,
    readonly code: string,
    readonly detail: string,
    readonly faults: readonly Fault[] = [],
  ) {}

  /** For a single fault whose place is known. */
  static at(pointer: string, code: string, detail: string): Rejection {
    return new Rejection(422, code, detail, [{ pointer, code, detail }]);
  }

  /** The answer to a call that consists of this event. */
  problem(headers: Readonly<Record<string, string>> = {}): HttpProblem {
    const extra = this.faults.length === 0 ? {} : { pointer: this.faults[0]?.pointer, errors: this.faults };
    return new HttpProblem(this.status, this.code, this.detail, extra, headers);
  }
}

/** A JSON pointer's segment (RFC 6901, section 3). */
export const pointerSegment = (name: string | number): string =>
  `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
