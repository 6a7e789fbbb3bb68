/** How far a partition of a topic has been read and landed; the offset to resume at stands in the store, beside what landed. */
import { FrameAssembler, STORE_KEYS } from '@tenon/contracts';
import type { Offset, Partition } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { EventLog, Logger, ProductStore, StoreTransaction } from '@tenon/ports';

export class Position {
  /** The next offset to land. */
  private landedTo: Offset;

  constructor(
    readonly assembler: FrameAssembler,
    /** The next offset to read. */
    public next: Offset,
  ) {
    this.landedTo = next;
  }

  get landed(): Offset {
    return this.landedTo;
  }

  /** Where to read again after a restart: what is under way begins there. */
  get resume(): Offset {
    return this.assembler.resumeAt(this.next);
  }

  /** What was read up to `next` has landed, or needs nothing. */
  settle(next: Offset): void {
    this.landedTo = next;
  }
}

/** Where a partition is to be read from. */
export async function positionIn(
  store: ProductStore,
  topic: string,
  partition: Partition,
  keeps: 'cells' | 'nothing',
): Promise<{ from: Offset; held: Position }> {
  const key = STORE_KEYS.consumed(topic, partition);
  const from = (await store.snapshot((snapshot) => snapshot.get<Offset>('meta', key))) ?? 0;
  return { from, held: new Position(new FrameAssembler(keeps), from) };
}

/** Partition → the offset to resume at once the transaction commits. */
export type Marks = ReadonlyMap<Partition, Offset>;

export function putMarks(tx: StoreTransaction, topic: string, marks: Marks): void {
  for (const [partition, resume] of marks) tx.put('meta', STORE_KEYS.consumed(topic, partition), resume);
}

/** How often the log is told what it need not keep, milliseconds. */
const RELEASE_EVERY = 10_000;

/**
 * What has landed need not be kept in the log; a hint that the log may take when it likes. Partitions land one by one, so what
 * landed in between goes with the next hint.
 */
export class Release {
  private releasedAt = -Infinity;
  private readonly due = new Map<Partition, Offset>();

  constructor(
    private readonly deps: { readonly log: Pick<EventLog, 'deleteBefore'>; readonly logger: Logger },
    private readonly topic: string,
  ) {}

  landed(now: number, marks: Marks): void {
    for (const [partition, resume] of marks) this.due.set(partition, resume);
    if (this.due.size === 0 || now - this.releasedAt < RELEASE_EVERY) return;
    this.releasedAt = now;
    const hint = new Map(this.due);
    this.due.clear();
    const offsets = Object.fromEntries([...hint].map(([partition, resume]) => [String(partition), resume]));
    void this.deps.log.deleteBefore(this.topic, offsets).catch((error: unknown) => this.failed(hint, error));
  }

  /** What may pass is told again with what lands next; else the topic grows, and somebody has to look after it. */
  private failed(hint: Marks, error: unknown): void {
    const { topic } = this;
    if (isPassing(error))
      for (const [partition, resume] of hint)
        this.due.set(partition, Math.max(resume, this.due.get(partition) ?? 0));
    const passes = isPassing(error) ? 'it is told again' : 'the topic keeps them';
    this.deps.logger.warn({ error, topic }, `the log was not told which states it need not keep; ${passes}`);
  }
}
