/** What the log holds, as the harness saw it go in, and what clients were told. */
import { HEADERS, TOPICS, barrierOf } from '@tenon/contracts';
import type { NewRecord } from '@tenon/ports';
import type { Flight } from './flights';
import type { Entry, Mark, Vector } from './oracle';
import { marksOf } from './oracle';
import type { Sent } from './scenario';

/** What an event looks like on the wire. */
export interface WireData {
  readonly date: string;
  readonly delay: number | null;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
  readonly fuel: number;
  readonly fare: number;
}

export class AcceptedLog {
  readonly partitions: Entry[][];
  readonly marks: Mark[][];
  /** Epoch → how many barriers carry it. */
  readonly barriers = new Map<number, number>();
  private readonly sent = new Map<string, Map<string, Sent>>();
  private readonly partitionOfKey = new Map<string, number>();
  private readonly acknowledged: { sent: Sent; partition: number; offset: number }[] = [];

  constructor(
    partitions: number,
    private readonly dedupeWindow: number,
    readonly source = 'flights',
    /** Of the log's clock, where a record does not say when it was appended, milliseconds. */
    private readonly now: () => number = () => 0,
  ) {
    this.partitions = Array.from({ length: partitions }, () => []);
    this.marks = Array.from({ length: partitions }, () => []);
  }

  /** A client is about to send this; only what was sent may ever be found in the log. */
  sending(sent: Sent, data: WireData): void {
    const variants = this.sent.get(sent.flight.id) ?? new Map<string, Sent>();
    this.sent.set(sent.flight.id, variants.set(JSON.stringify(data), sent));
  }

  acknowledge(sent: Sent, partition: number, offset: number): void {
    this.acknowledged.push({ sent, partition, offset });
  }

  append(topic: string, records: readonly NewRecord[], offsets: readonly number[]): void {
    if (topic !== TOPICS.events(this.source)) return;
    records.forEach((record, index) => {
      const partition = this.partitions[record.partition] as Entry[];
      const offset = offsets[index] as number;
      if (partition[offset] !== undefined) throw new Error(`offset ${offset} was given twice`);
      partition[offset] = this.entryOf(record);
    });
  }

  private entryOf(record: NewRecord): Entry {
    const headers = record.headers ?? {};
    if (headers[HEADERS.control] !== undefined) {
      const value = Buffer.from(record.value);
      const header = (name: string) => headers[name];
      const barrier = barrierOf({ value, header, headerBytes: () => undefined });
      if (barrier !== null && 'epoch' in barrier)
        this.barriers.set(barrier.epoch, (this.barriers.get(barrier.epoch) ?? 0) + 1);
      return { kind: 'control', appendedAt: record.timestamp ?? this.now() };
    }
    if (headers[HEADERS.correlationId]?.startsWith('poison') === true) return { kind: 'poison' };
    const { id, data } = JSON.parse(String(record.value)) as { id: string; data: WireData };
    const sent = this.sent.get(id)?.get(JSON.stringify(data));
    if (sent === undefined)
      throw new Error(`nobody sent what was appended as ${id}: ${String(record.value)}`);
    const { origin } = sent.flight;
    const before = this.partitionOfKey.get(origin) ?? record.partition;
    if (before !== record.partition) throw new Error(`${origin} is in two partitions`);
    this.partitionOfKey.set(origin, record.partition);
    return { kind: 'event', flight: sent.flight, variant: sent.variant, appendedAt: record.timestamp ?? 0 };
  }

  end(): Vector {
    return Object.fromEntries(this.partitions.map((entries, partition) => [partition, entries.length]));
  }

  /** Marks of all records; each is decided by what lies before it, so what is known stays. */
  refresh(): void {
    this.partitions.forEach((entries, partition) => {
      if ((this.marks[partition] as Mark[]).length < entries.length)
        this.marks[partition] = marksOf(entries, this.dedupeWindow);
    });
  }

  /** True if an id of the records [from, to) of a partition comes again behind them. */
  repeats(partition: number, from: number, to: number): boolean {
    const entries = this.partitions[partition] ?? [];
    const idOf = (entry: Entry | undefined) => (entry?.kind === 'event' ? entry.flight.id : null);
    const ids = new Set(entries.slice(from, to).map(idOf));
    return entries.slice(to).some((entry) => entry.kind === 'event' && ids.has(entry.flight.id));
  }

  /** @returns the first acknowledged event that is not where its client was told; null if all are */
  missing(): string | null {
    for (const { sent, partition, offset } of this.acknowledged) {
      const entry = this.partitions[partition]?.[offset];
      const found = entry?.kind === 'event' && sameEvent(entry, sent.flight, sent.variant);
      if (!found)
        return `${sent.flight.id} (${sent.variant}) was acknowledged at ${partition}/${offset}, but there is ${JSON.stringify(entry)}`;
    }
    return null;
  }

  /** Partition → the offset after the last one that a client was told of. */
  acknowledgedUpTo(): Vector {
    const ends: Record<string, number> = {};
    for (const { partition, offset } of this.acknowledged)
      ends[partition] = Math.max(ends[partition] ?? 0, offset + 1);
    return ends;
  }

  get acknowledgements(): number {
    return this.acknowledged.length;
  }
}

const sameEvent = (entry: Extract<Entry, { kind: 'event' }>, flight: Flight, variant: number) =>
  entry.flight.id === flight.id && entry.variant === variant;
