/**
 * Large pages that have been read and are being sent. What a slow client has not taken yet is held for it, and how much that is of
 * all clients together has a bound.
 */
import { HttpProblem } from '@tenon/errors';

const RETRY_AFTER_S = '5';

export class OnTheirWay {
  bytes = 0;

  /** @param maxBytes of all pages together; one alone may always go */
  constructor(private readonly maxBytes: number) {}

  /**
   * @param bytes what is held until the last piece was taken, about
   * @throws HttpProblem 503 `too-many-questions`, at once
   */
  send<T>(bytes: number, pieces: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
    if (this.bytes > 0 && this.bytes + bytes > this.maxBytes)
      throw new HttpProblem(
        503,
        'too-many-questions',
        'More large pages are on their way than this instance takes: their clients are slow.',
        { hint: 'Ask again after Retry-After, for smaller pages (limit), or ask another instance.' },
        { 'retry-after': RETRY_AFTER_S },
      );
    return this.held(bytes, pieces);
  }

  private async *held<T>(bytes: number, pieces: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
    this.bytes += bytes;
    try {
      yield* pieces;
    } finally {
      this.bytes -= bytes;
    }
  }
}
