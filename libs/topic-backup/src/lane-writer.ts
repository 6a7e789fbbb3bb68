/** Appends to one partition of a topic that is restored, going on behind what an earlier run has written. */
import { TenonError } from '@tenon/errors';
import type { RawRecord, RawTopics } from '@tenon/ports';

const BATCH_BYTES = 512 * 1024;
const BATCH_RECORDS = 10_000;
const OVERHEAD = 64;

export class LaneWriter {
  /** What the next record gets. */
  next = 0;
  private batch: RawRecord[] = [];
  private bytes = 0;
  private batchAt = 0;
  private appending: Promise<void> = Promise.resolve();

  /** @param written records that are there already */
  constructor(
    private readonly topics: RawTopics,
    private readonly topic: string,
    private readonly partition: number,
    private readonly written: number,
  ) {}

  /** @returns the record's offset */
  async add(record: RawRecord): Promise<number> {
    const offset = this.next++;
    if (offset < this.written) return offset;
    const refusal = this.topics.refusal(record);
    if (refusal !== null)
      throw new TenonError(
        'target-cannot-hold',
        `${this.topics.name} cannot hold ${refusal}, as the record has that was at offset ${record.offset}.`,
        { hint: 'Restore it into Kafka, or leave it out with tenon dump --where.' },
      );
    if (this.batch.length === 0) this.batchAt = offset;
    this.batch.push(record);
    this.bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0) + OVERHEAD;
    if (this.bytes >= BATCH_BYTES || this.batch.length >= BATCH_RECORDS) await this.send();
    return offset;
  }

  async end(): Promise<void> {
    if (this.batch.length > 0) await this.send();
    await this.appending;
  }

  /** Waits for the batch before: one at a time. */
  private async send(): Promise<void> {
    const { batch, batchAt } = this;
    this.batch = [];
    this.bytes = 0;
    await this.appending;
    this.appending = this.append(batch, batchAt);
    this.appending.catch(() => undefined);
  }

  private async append(batch: readonly RawRecord[], at: number): Promise<void> {
    const placed = await this.topics.append(this.topic, this.partition, batch);
    if (placed !== at)
      throw new TenonError(
        'restore-disturbed',
        `A record lies at offset ${placed} of ${this.topic}, partition ${this.partition}, and not at ${at}: somebody else writes there.`,
        { hint: 'Delete the topic, and restore it where nobody writes.' },
      );
  }
}
