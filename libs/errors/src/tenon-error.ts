/** An error with a stable code (docs/errors.md). `retryable` says whether the same call may work later. */
export class TenonError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details: { readonly retryable?: boolean; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TenonError';
  }
}
