import { TenonError } from './tenon-error';

/** True for an error after which the same call may work later: a server that is away, a disk that is full. */
export const isPassing = (error: unknown): boolean =>
  error instanceof TenonError && error.details.retryable === true;
