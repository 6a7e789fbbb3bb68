/** Appends records as they are, each once: batches are numbered, and a broker that has a number already says where it lies. */
import { TenonError, Unavailable } from '@tenon/errors';
import type { NewRawRecord } from '@tenon/ports';
import type { Cluster } from '../kafkajs';
import { producerIdAt } from '../kafkajs';
import { Producer } from '../producer';
import { encodeRaw } from './encode-raw';

/** The same bytes are sent again for this long. */
const TIMING = { tryMs: 60_000, tryMsWhenDown: 10_000 };
const SEQUENCES = 2 ** 31;

export class RawWriter {
  private readonly producer: Producer;
  private identity: Promise<{ producerId: bigint; epoch: number }> | null = null;
  private readonly sequences = new Map<string, number>();

  constructor(
    private readonly cluster: Cluster,
    signal: AbortSignal,
  ) {
    this.producer = new Producer(cluster, TIMING, signal);
  }

  /** One call at a time for each partition. @returns the offset of the first record */
  async append(topic: string, partition: number, records: readonly NewRawRecord[]): Promise<number> {
    const { producerId, epoch } = await (this.identity ??= this.identify());
    const lane = `${topic}/${partition}`;
    const sequence = this.sequences.get(lane) ?? 0;
    const batch = encodeRaw(records, { producerId, epoch, sequence });
    const placed = (await this.producer.send(topic, new Map([[partition, batch]]), -1)).get(partition);
    if (typeof placed !== 'number') throw placed ?? new Unavailable(`${topic} was not appended to.`);
    this.sequences.set(lane, (sequence + records.length) % SEQUENCES);
    if (placed < 0)
      throw new TenonError('record-refused', `Kafka does not say where records of ${topic} lie.`);
    return placed;
  }

  private async identify(): Promise<{ producerId: bigint; epoch: number }> {
    for (let tries = 0; ; tries++) {
      await this.cluster.refreshMetadataIfNecessary();
      const answer = await producerIdAt(await this.cluster.findControllerBroker());
      if (answer.errorCode === 0) return answer;
      if (tries === TRIES) throw new Unavailable(`Kafka gives no producer id (error ${answer.errorCode}).`);
      // The coordinator of transactions is only just starting, as on a cluster that is new.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await this.cluster.refreshMetadata();
    }
  }
}

const TRIES = 50;
const PAUSE_MS = 200;
