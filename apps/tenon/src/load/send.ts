/** One parcel to the server, again and again until it has answered: the ids make repeats harmless. */
import type { IngestAnswer } from '@tenon/contracts';
import type { Client } from '../cli/client';
import { problemOf } from '../cli/client';
import { Failure, failure } from '../cli/failure';
import { sleep } from '../cli/sse';

export interface SendOptions {
  readonly signal: AbortSignal;
  /** How long a server may be away or busy before the load gives up. */
  readonly patienceMs: number;
  /** Told why it waits. */
  onWait(reason: string): void;
}

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;
/** Answers that may be others later. */
const TEMPORARY = new Set([408, 429, 500, 502, 503, 504]);

/** @throws Failure with the server's problem, or `gave-up` after the patience has run out */
export async function sendParcel(
  client: Client,
  path: string,
  body: string,
  options: SendOptions,
): Promise<IngestAnswer> {
  const began = performance.now();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const outcome = await trySend(client, path, body);
    if ('answer' in outcome) return outcome.answer;
    const wait = Math.max(pause, outcome.retryAfterMs);
    if (options.signal.aborted || performance.now() - began + wait > options.patienceMs) {
      const reason = outcome.failure.problems[0]!;
      throw failure(
        'gave-up',
        `${reason.message} Waited for ${Math.round((performance.now() - began) / 1000)} s.`,
        'Run the same command again: it goes on where it was.',
      );
    }
    options.onWait(outcome.failure.problems[0]!.message);
    await sleep(wait, options.signal);
  }
}

type Outcome =
  { readonly answer: IngestAnswer } | { readonly failure: Failure; readonly retryAfterMs: number };

async function trySend(client: Client, path: string, body: string): Promise<Outcome> {
  try {
    const answered = await client.call(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    if (answered.status >= 200 && answered.status < 300)
      return { answer: JSON.parse(answered.text) as IngestAnswer };
    const problem = problemOf(answered, path);
    if (!TEMPORARY.has(answered.status)) throw problem;
    return { failure: problem, retryAfterMs: Number(answered.headers['retry-after'] ?? 0) * 1000 || 0 };
  } catch (error) {
    if (error instanceof Failure && error.problems[0]?.code === 'unreachable')
      return { failure: error, retryAfterMs: 0 };
    throw error;
  }
}
