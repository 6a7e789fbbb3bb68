/** Clients of a Tenon that is killed while they talk to it: what they sent and were told, and what was answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestAnswer, RowsAnswer } from '@tenon/contracts';
import type { Layer } from '../exactness/check';
import type { Random } from '../exactness/random';
import type { Acknowledged } from '../exactness/read-log';
import type { Sent } from '../exactness/scenario';
import { callWith } from '../exactness/wire';

export interface Answered {
  readonly name: string;
  readonly layer: Layer;
  readonly answer: RowsAnswer;
}

export class Clients {
  readonly acknowledged: Acknowledged[] = [];
  readonly answers: Answered[] = [];
  readonly unexpected: string[] = [];
  sent = 0;
  private readonly waiting: Sent[];

  constructor(
    events: readonly Sent[],
    private readonly random: Random,
    /** Between two calls of a sender. */
    private readonly pauseMs = 0,
  ) {
    this.waiting = [...events];
  }

  /** Sends until `signal`; what was not answered is sent again by the next round. */
  async send(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.waiting.length > 0) {
      const events = this.waiting.splice(0, this.random.pick([1, 10, 60]));
      const { contentType = '', body = [] } = callWith(events, this.random);
      try {
        const response = await fetch(`${url}/v1/sources/flights/events?items=all`, {
          method: 'POST',
          headers: { 'content-type': contentType },
          body: body.join(''),
        });
        const answer = (await response.json()) as IngestAnswer;
        if (response.status !== 202) throw new Error(JSON.stringify(answer));
        this.sent += events.length;
        for (const { index, position } of answer.items ?? [])
          if (position !== undefined) this.acknowledged.push({ sent: events[index] as Sent, ...position });
        // Some of what was acknowledged is sent again, as a client that lost the answer would.
        if (this.random.chance(0.1)) this.waiting.push(...events);
        if (this.pauseMs > 0) await sleep(this.pauseMs);
      } catch (error) {
        this.waiting.unshift(...events);
        if (!isConnection(error)) this.unexpected.push(String(error));
        await sleep(5);
      }
    }
  }

  async ask(
    url: string,
    names: readonly string[],
    layers: readonly Layer[],
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      await this.askOnce(url, this.random.pick(names), this.random.pick(layers)).catch((error: unknown) => {
        if (!isConnection(error)) this.unexpected.push(String(error));
      });
      await sleep(10);
    }
  }

  async askOnce(url: string, name: string, layer: Layer): Promise<RowsAnswer> {
    const response = await fetch(`${url}/v1/products/${name}/rows?layer=${layer}&limit=10000`);
    const answer = (await response.json()) as RowsAnswer;
    if (response.status !== 200) throw new Error(JSON.stringify(answer));
    this.answers.push({ name, layer, answer });
    return answer;
  }
}

/** `fetch` says so of any broken or refused connection; an answer that was cut off is no JSON. By name: realms differ. */
export const isConnection = (error: unknown) =>
  ['TypeError', 'SyntaxError', 'AbortError'].includes((error as Error).name);
