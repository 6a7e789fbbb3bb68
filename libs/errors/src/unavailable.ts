import { TenonError } from './tenon-error';

/** The log, the store or the lake can't be reached or is full: nothing was acknowledged; try again. */
export class Unavailable extends TenonError {
  constructor(message: string, cause?: unknown) {
    super('unavailable', message, { retryable: true, cause });
  }
}
