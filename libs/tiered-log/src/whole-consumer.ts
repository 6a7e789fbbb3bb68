import type { Offset, Partition } from '@tenon/domain';
import type { ShortPartition } from '@tenon/errors';
import type { ConsumeOptions, Displaced, LogConsumer, PollOptions, Polled } from '@tenon/ports';

/** A partition that ends too early, and where its reader would go on. */
interface Short {
  readonly wanted: Offset;
  /** What was found last; null: it is to be looked at. */
  readonly found: ShortPartition | null;
}

/** A consumer that gives nothing of partitions that end too early, and says that they are displaced. */
export class WholeConsumer implements LogConsumer {
  private readonly short = new Map<Partition, Short>();
  /** Of those, what the reader has not been told yet. */
  private readonly untold = new Set<Partition>();
  /** Set before the first poll. */
  consumer!: LogConsumer;

  constructor(
    private readonly shortOf: (partition: Partition) => Promise<ShortPartition | undefined>,
    private readonly startOf: (partition: Partition) => Promise<Offset>,
    private readonly begin: ConsumeOptions['startAt'],
  ) {}

  /** Where the log's own reader begins: of what ends too early, at the end. */
  async startAt(partition: Partition): Promise<Offset> {
    const wanted = await this.begin(partition);
    const found = await this.shortOf(partition);
    this.forget(partition);
    if (found === undefined) return wanted;
    this.note(partition, { wanted, found });
    return found.end;
  }

  async poll(options: PollOptions): Promise<Polled> {
    await this.lookAgain();
    const maxWaitMs = this.untold.size > 0 ? 0 : options.maxWaitMs;
    const polled = await this.consumer.poll({ ...options, maxWaitMs });
    for (const partition of polled.revoked) if (!polled.assigned.includes(partition)) this.forget(partition);
    if (this.short.size === 0) return polled;
    const isWhole = ({ partition }: { readonly partition: Partition }) => !this.short.has(partition);
    const displaced = [...(polled.displaced ?? []).filter(isWhole), ...(await this.tell())];
    const { assigned, revoked } = polled;
    const read = polled.read.filter(isWhole);
    return { assigned, revoked, read, ...(displaced.length > 0 && { displaced }) };
  }

  private async lookAgain(): Promise<void> {
    for (const [partition, { wanted, found }] of this.short) {
      if (found !== null) continue;
      const again = await this.shortOf(partition);
      if (again !== undefined) this.note(partition, { wanted, found: again });
      else {
        this.forget(partition);
        this.consumer.seek(partition, wanted);
      }
    }
  }

  private async tell(): Promise<Displaced[]> {
    const displaced: Displaced[] = [];
    for (const partition of this.untold) {
      const { wanted, found } = this.short.get(partition) as Short;
      this.untold.delete(partition);
      if (found === null) continue;
      const { end, held } = found;
      displaced.push({ partition, wanted, start: await this.startOf(partition), end, held });
    }
    return displaced;
  }

  private note(partition: Partition, short: Short): void {
    this.short.set(partition, short);
    this.untold.add(partition);
  }

  private forget(partition: Partition): void {
    this.short.delete(partition);
    this.untold.delete(partition);
  }

  /** Of a partition that ended too early this is another look at it. */
  seek(partition: Partition, offset: Offset): void {
    if (this.short.has(partition)) this.short.set(partition, { wanted: offset, found: null });
    else this.consumer.seek(partition, offset);
  }

  close(): Promise<void> {
    return this.consumer.close();
  }
}
