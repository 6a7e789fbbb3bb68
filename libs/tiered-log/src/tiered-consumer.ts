import type { Offset, Partition } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type {
  Displaced,
  LogConsumer,
  Logger,
  OlderTier,
  PartitionRecords,
  PollOptions,
  Polled,
} from '@tenon/ports';
import { OlderReading } from './older-reading';

/** A consumer whose displaced partitions are read from the older tier until the log itself goes on. */
export class TieredConsumer implements LogConsumer {
  private readonly older = new Map<Partition, OlderReading>();

  constructor(
    private readonly log: LogConsumer,
    private readonly topic: string,
    private readonly records: OlderTier,
    private readonly logger: Logger,
  ) {}

  async poll(options: PollOptions): Promise<Polled> {
    // While there is something to read, the log is asked for what it has, and not waited for.
    const maxWaitMs = this.older.size > 0 ? 0 : options.maxWaitMs;
    const polled = await this.log.poll({ ...options, maxWaitMs });
    for (const partition of [...polled.revoked, ...polled.assigned]) await this.leave(partition);
    const displaced: Displaced[] = [];
    for (const one of polled.displaced ?? [])
      if (!(await this.enter(one))) displaced.push(await this.goesOn(one));
    const { assigned, revoked } = polled;
    const read = [...polled.read, ...(await this.readOlder(options.maxRecords ?? Infinity))];
    return { assigned, revoked, read, ...(displaced.length > 0 && { displaced }) };
  }

  seek(partition: Partition, offset: Offset): void {
    void this.leave(partition);
    this.log.seek(partition, offset);
  }

  async close(): Promise<void> {
    for (const partition of [...this.older.keys()]) await this.leave(partition);
    await this.log.close();
  }

  /** @returns false if the older tier does not have what is wanted */
  private async enter({ partition, wanted, start, held }: Displaced): Promise<boolean> {
    // Of a log that ends too early nothing is read, whatever its older part has.
    if (wanted >= start || held !== undefined) return false;
    const parts = this.records.read(this.topic, partition, wanted);
    const reading = await this.attempt(partition, wanted, () => OlderReading.begin(parts, wanted));
    if (reading === null) return false;
    this.older.set(partition, reading);
    const facts = { topic: this.topic, partition, from: wanted, start };
    this.logger.info(facts, 'the log has let records go: they are read from its older part');
    return true;
  }

  /** Where the older tier goes on before the log itself, what is missing ends there. */
  private async goesOn(one: Displaced): Promise<Displaced> {
    const { partition, wanted, start, held } = one;
    if (wanted >= start || held !== undefined) return one;
    const next = await this.records.next(this.topic, partition, wanted);
    // What it should have and cannot give is a matter of its own.
    return next === null || next <= wanted || next >= start ? one : { ...one, start: next };
  }

  private async readOlder(maxRecords: number): Promise<PartitionRecords[]> {
    const read: PartitionRecords[] = [];
    for (const [partition, reading] of this.older) {
      const share = Math.max(1, Math.floor(maxRecords / this.older.size));
      const records = (await this.attempt(partition, reading.next, () => reading.take(share))) ?? [];
      if (records.length > 0) read.push({ partition, records });
      // The log has the next one; if it has let go of that too, the older tier is asked again.
      else this.seek(partition, reading.next);
    }
    return read;
  }

  /** What cannot be read there is not there, as far as this reader can tell; an outage is waited for. */
  private async attempt<T>(partition: Partition, from: Offset, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (isPassing(error)) throw error;
      this.logger.error(
        { error, topic: this.topic, partition, from },
        'the older part of a log is unreadable',
      );
      return null;
    }
  }

  private async leave(partition: Partition): Promise<void> {
    const reading = this.older.get(partition);
    this.older.delete(partition);
    await reading?.close().catch(() => undefined);
  }
}
