/**
 * Produces record batches: to the leader of each partition, again where that failed, for a bounded time. A batch whose
 * answer was lost is written twice; readers drop duplicates by the event's id, and states are absolute.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenonError } from '@tenon/errors';
import { Unavailable } from '@tenon/errors';
import { toTenonError } from './errors';
import type { Cluster } from './kafkajs';
import { produceTo } from './kafkajs';
import { lastingError, passingError } from './protocol-errors';

/** Partition → the offset of the batch's first record, or why it was not appended. */
export type Produced = ReadonlyMap<number, number | TenonError>;

export interface ProducerTiming {
  /** How long a batch is tried. */
  readonly tryMs: number;
  /** The same while the last one was not taken, so that callers hear of it soon. */
  readonly tryMsWhenDown: number;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

export class Producer {
  private isDown = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly timing: ProducerTiming,
    private readonly signal: AbortSignal,
  ) {}

  /** Never rejects. */
  async send(topic: string, batches: ReadonlyMap<number, Buffer>, acks: number): Promise<Produced> {
    const done = new Map<number, number | TenonError>();
    const end = performance.now() + (this.isDown ? this.timing.tryMsWhenDown : this.timing.tryMs);
    let failure: unknown = null;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      failure = await within(end - performance.now(), this.attempt(topic, batches, acks, done));
      if (done.size === batches.size) break;
      if (performance.now() + pause > end || this.signal.aborted) break;
      await sleep(pause, undefined, { signal: this.signal }).catch(() => undefined);
      await within(
        end - performance.now(),
        this.cluster.refreshMetadata().then(
          () => null,
          (error: unknown) => error,
        ),
      );
    }
    this.isDown = done.size < batches.size;
    if (!this.isDown) return done;
    const error = toTenonError(failure, `Topic ${topic} could not be appended to`);
    return new Map([...batches.keys()].map((partition) => [partition, done.get(partition) ?? error]));
  }

  /** Sends what is not done yet. @returns the last error, or null */
  private async attempt(
    topic: string,
    batches: ReadonlyMap<number, Buffer>,
    acks: number,
    done: Map<number, number | TenonError>,
  ): Promise<unknown> {
    let failure: unknown = null;
    try {
      await this.cluster.addTargetTopic(topic);
      await this.cluster.refreshMetadataIfNecessary();
      const leaders = new Map(
        this.cluster.findTopicPartitionMetadata(topic).map((one) => [one.partitionId, one.leader ?? -1]),
      );
      const requests = new Map<number, Map<number, Buffer>>();
      for (const [partition, batch] of batches) {
        if (done.has(partition)) continue;
        const leader = leaders.get(partition) ?? -1;
        const request = requests.get(leader) ?? new Map<number, Buffer>();
        requests.set(leader, request.set(partition, batch));
      }
      const answers = [...requests].map(async ([leader, request]) => {
        const broker = await this.cluster.findBroker({ nodeId: leader });
        for (const { partition, errorCode, baseOffset } of await produceTo(broker, topic, request, acks)) {
          if (errorCode === 0) done.set(partition, baseOffset);
          else {
            const lasting = lastingError(errorCode, topic);
            if (lasting !== null) done.set(partition, lasting);
            else failure = passingError(errorCode, topic);
          }
        }
      });
      for (const answer of await Promise.allSettled(answers)) {
        if (answer.status === 'rejected') failure = answer.reason;
      }
    } catch (error) {
      failure = error;
    }
    return failure;
  }
}

/** @returns what `work` resolves to, or Unavailable once `ms` have passed (it goes on, and nobody looks) */
function within(ms: number, work: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => resolve(new Unavailable('Kafka does not answer.')), Math.max(0, ms));
    work.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
