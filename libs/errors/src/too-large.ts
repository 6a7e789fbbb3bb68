import { TenonError } from './tenon-error';

interface Details {
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * Something is larger than what it goes into takes. It cannot pass, however often it is tried: who made it has to make it
 * smaller, or to go on without it.
 */
export abstract class TooLarge extends TenonError {}

/** A record is larger than the log takes. */
export class RecordTooLarge extends TooLarge {
  constructor(message: string, details: Details = {}) {
    super('record-too-large', message, details);
  }
}

/** A document is larger than the store takes. */
export class DocumentTooLarge extends TooLarge {
  constructor(message: string, details: Details = {}) {
    super('document-too-large', message, details);
  }
}
