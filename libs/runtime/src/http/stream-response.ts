/** Streamed answers (SSE, exports): backpressure, an end when the client goes or does not read, nothing queued here. */
import type { ServerResponse } from 'node:http';

type Chunk = string | Uint8Array;

/** Ends every wait of one stream at once. A promise raced again and again would gather a reaction for each race. */
class Ending {
  private wake: (() => void) | undefined;
  ended = false;

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** @returns false if the stream ended, or `timeoutMs` passed, before the promise was fulfilled */
  async outlives<T>(promise: Promise<T>, take: (value: T) => void, timeoutMs?: number): Promise<boolean> {
    if (this.ended) return false;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<boolean>((resolve, reject) => {
        this.wake = () => resolve(false);
        if (timeoutMs !== undefined) timer = setTimeout(() => resolve(false), timeoutMs);
        promise.then((value) => {
          take(value);
          resolve(true);
        }, reject);
      });
    } finally {
      clearTimeout(timer);
      this.wake = undefined;
    }
  }
}

export interface StreamOptions {
  /** A client that takes nothing for this long is cut off. */
  readonly drainTimeoutMs: number;
  readonly shutdown: AbortSignal;
  /** Such a client was cut off: it can't be told itself. */
  dropped(): void;
  /** Sends the headers; called once, before the first chunk. */
  begin(): void;
}

/**
 * Writes the chunks until they end, the client goes, or the server shuts down. Headers of an event stream go out at once;
 * those of anything else with the first chunk, so that an error before it can still be a problem document.
 *
 * @throws what the iterable throws; where the headers are out, the connection must then be destroyed
 */
export async function sendStream(
  response: ServerResponse,
  chunks: AsyncIterable<Chunk>,
  options: StreamOptions & { readonly eager: boolean },
): Promise<void> {
  const ending = new Ending();
  const end = () => ending.end();
  response.once('close', end);
  options.shutdown.addEventListener('abort', end, { once: true });
  if (options.shutdown.aborted || response.destroyed) end();
  const iterator = chunks[Symbol.asyncIterator]();
  let begun = false;
  const begin = () => {
    if (!begun) options.begin();
    begun = true;
  };
  try {
    if (options.eager) begin();
    await pump(response, iterator, ending, options, begin);
    begin();
  } finally {
    response.off('close', end);
    options.shutdown.removeEventListener('abort', end);
    // A generator that waits for its next event answers only later, or never: not awaited.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
  response.end();
}

async function pump(
  response: ServerResponse,
  iterator: AsyncIterator<Chunk>,
  ending: Ending,
  { drainTimeoutMs, dropped }: StreamOptions,
  begin: () => void,
): Promise<void> {
  for (;;) {
    let next: IteratorResult<Chunk> | undefined;
    if (!(await ending.outlives(iterator.next(), (result) => (next = result)))) return;
    if (next === undefined || next.done === true) return;
    begin();
    if (response.write(next.value)) continue;
    const drained = new Promise<void>((resolve) => response.once('drain', resolve));
    if (await ending.outlives(drained, () => undefined, drainTimeoutMs)) continue;
    if (!ending.ended) {
      dropped();
      response.destroy();
    }
    return;
  }
}
