/** Server-sent events of a Tenon, across lost connections: a client goes on with the id that it saw last. */
import { createParser } from 'eventsource-parser';
import type { Client } from './client';
import { Failure } from './failure';

export interface LiveEvent {
  readonly event: string;
  readonly data: unknown;
}

export interface FollowOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Told when the stream ends, in order or because the connection is lost; the next try comes soon. */
  onRetry?(how: 'ended' | 'lost'): void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;

/** Yields events until `signal` aborts. @throws Failure if the first connection fails, or the server refuses */
export async function* follow(
  client: Client,
  path: string,
  options: FollowOptions,
): AsyncGenerator<LiveEvent> {
  let lastId: string | undefined;
  let pause = FIRST_PAUSE;
  let connected = false;
  while (!options.signal.aborted) {
    let how: 'ended' | 'lost' = 'ended';
    try {
      const headers = {
        accept: 'text/event-stream',
        ...(lastId !== undefined && { 'last-event-id': lastId }),
      };
      const response = await client.stream(path, {
        headers,
        signal: options.signal,
        ...(options.query && { query: options.query }),
      });
      connected = true;
      const queue: LiveEvent[] = [];
      const parser = createParser({
        onEvent: ({ id, event = 'message', data }) => {
          lastId = id ?? lastId;
          queue.push({ event, data: JSON.parse(data) as unknown });
        },
      });
      response.setEncoding('utf8');
      for await (const chunk of response) {
        parser.feed(chunk as string);
        pause = FIRST_PAUSE;
        while (queue.length > 0) yield queue.shift()!;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      const unreachable = error instanceof Failure && error.problems[0]?.code === 'unreachable';
      if (error instanceof Failure && !(unreachable && connected)) throw error;
      if (!connected) throw error;
      how = 'lost';
    }
    if (options.signal.aborted) return;
    options.onRetry?.(how);
    await sleep(pause, options.signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
