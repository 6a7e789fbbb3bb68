/**
 * The partitions of a states topic that an instance has: what each message is to be landed as, what waits, and where to read
 * on after a restart.
 */
import type { StatesMessage, Unreadable } from '@tenon/contracts';
import { FrameAssembler, parseStatesMessage } from '@tenon/contracts';
import type { LogRecord } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import type { RangeQueueConfig } from './range-queue';
import { RangeQueue } from './range-queue';
import type { FlushStep, Mark, RangeStep } from './steps';

interface Reading {
  readonly assembler: FrameAssembler;
  /** The next offset to read; what stands before it is in steps, or has landed. */
  next: number;
  /** The next offset to land, but for ranges that wait. */
  landed: number;
}

/**
 * What a message comes to: a flush that is whole, something that is put by or needs nothing (`used`: it is a part of what will
 * land), or no message at all.
 */
export type Taken =
  { readonly flush: FlushStep } | { readonly used: boolean } | { readonly unreadable: Unreadable };

/** What to land of the ranges, and with it the marks of all partitions that got on. */
export interface Landing {
  readonly ranges: readonly RangeStep[];
  readonly marks: ReadonlyMap<number, Mark>;
}

export class StatesReader {
  private readonly partitions = new Map<number, Reading>();
  private readonly ranges: RangeQueue;

  constructor(
    private readonly layout: ProductLayout,
    config: RangeQueueConfig,
  ) {
    this.ranges = new RangeQueue(config);
  }

  has(partition: number): boolean {
    return this.partitions.has(partition);
  }

  /** @param next the offset that it is read from */
  begin(partition: number, next: number): void {
    this.end(partition);
    this.partitions.set(partition, { assembler: new FrameAssembler(), next, landed: next });
  }

  end(partition: number): void {
    this.partitions.delete(partition);
    this.ranges.drop(partition);
  }

  /** True while a range waits to land. */
  get hasRange(): boolean {
    return !this.ranges.isEmpty;
  }

  /** How many cells of ranges to land along with flushes. */
  get share(): number {
    return this.ranges.share;
  }

  /** Flushes are landed at once, frames of a range after them. A message of a newer release is not passed over. */
  take(partition: number, { offset, value }: LogRecord): Taken {
    const reading = this.partitions.get(partition);
    if (reading === undefined) return { used: false };
    const message = parseStatesMessage(value);
    if ('reason' in message) {
      if (message.newer === null) reading.next = offset + 1;
      return { unreadable: message };
    }
    reading.next = offset + 1;
    return this.assemble(reading.assembler, message, partition, offset);
  }

  private assemble(
    assembler: FrameAssembler,
    message: StatesMessage,
    partition: number,
    offset: number,
  ): Taken {
    // States of another definition of the product: never merged with these.
    const { hash, version } = this.layout.plan;
    if (message.hash !== hash || message.version !== version) return { used: false };
    const { verdict, from, cells } = assembler.add(message, offset);
    if (verdict === 'useless') return { used: false };
    if (message.type === 'flush')
      return verdict === 'whole' ? { flush: { type: 'flush', message, cells } } : { used: false };
    this.ranges.add(partition, from, offset, { type: 'range', message, cells, whole: verdict === 'whole' });
    return { used: true };
  }

  /** All flushes that were taken are landed with it. */
  landing(rangeCells: number): Landing {
    const { steps, partitions } = this.ranges.take(rangeCells);
    const marks = new Map<number, Mark>();
    for (const [partition, { assembler, next, landed }] of this.partitions) {
      if (next === landed && !partitions.has(partition)) continue;
      const resume = this.ranges.resumeAt(partition, assembler.resumeAt(next));
      marks.set(partition, { resume, next });
    }
    return { ranges: steps, marks };
  }

  /** It has committed. */
  landed(marks: Landing['marks']): void {
    for (const [partition, { next }] of marks) {
      const reading = this.partitions.get(partition);
      if (reading !== undefined) reading.landed = next;
    }
  }

  /** Partition → the next offset to land. */
  position(): Record<string, number> {
    return Object.fromEntries(
      [...this.partitions].map(([partition, { landed }]) => [
        String(partition),
        this.ranges.nextOf(partition, landed),
      ]),
    );
  }
}
