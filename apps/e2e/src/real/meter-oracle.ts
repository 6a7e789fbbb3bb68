/**
 * What an answer must be: recomputed from the records of the log below the answer's own offsets, in plain code that shares
 * nothing with Tenon but the client that reads them.
 */
import type { EventLog, LogRecord } from '@tenon/ports';
import type { MeterProduct, Reading } from './meters';
import { DEDUPE_WINDOW, PARTITIONS } from './meters';

export type Vector = Readonly<Record<string, number>>;
type Kind = 'event' | 'duplicate' | 'conflict' | 'control';

interface Entry {
  readonly kind: Kind;
  readonly reading: Reading | null;
}

export interface MeterRow {
  readonly readings: number;
  readonly total: number;
  readonly peak: number;
  readonly meters: number;
}

export interface MeterLedger {
  readonly aggregated: number;
  readonly filtered: number;
  readonly duplicate: number;
  readonly deadLettered: number;
  readonly control: number;
}

export interface Fold {
  /** Key (as JSON) → the row. */
  readonly rows: ReadonlyMap<string, MeterRow>;
  readonly ledger: MeterLedger;
}

export class MeterOracle {
  private readonly partitions: Entry[][] = Array.from({ length: PARTITIONS }, () => []);

  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: Pick<EventLog, 'read'>,
    private readonly topic: string,
  ) {}

  /** Reads the log up to these offsets. @throws if it does not have so many records */
  readUpTo(vector: Vector): Promise<void> {
    this.reading = this.reading.catch(() => undefined).then(() => this.readOn(vector));
    return this.reading;
  }

  private async readOn(vector: Vector): Promise<void> {
    for (const [partition, entries] of this.partitions.entries())
      while (entries.length < (vector[partition] ?? 0)) {
        const records = await this.log.read(this.topic, partition, entries.length);
        if (records.length === 0)
          throw new Error(`partition ${partition} has only ${entries.length} records`);
        for (const record of records) {
          if (record.offset !== entries.length) throw new Error(`there is no record ${entries.length}`);
          entries.push(entryOf(record, entries));
        }
      }
  }

  /** The reading at a position that was read, if there is one. */
  at(partition: number, offset: number): Reading | null {
    return this.partitions[partition]?.[offset]?.reading ?? null;
  }

  /** The product over the records with `from` <= offset < `to` in each partition. */
  fold(product: MeterProduct, from: Vector, to: Vector): Fold {
    const groups = new Map<string, Reading[]>();
    const ledger = { aggregated: 0, filtered: 0, duplicate: 0, deadLettered: 0, control: 0 };
    for (const [partition, entries] of this.partitions.entries())
      for (const { kind, reading } of entries.slice(from[partition] ?? 0, to[partition] ?? 0)) {
        if (kind === 'control' || reading === null) ledger.control += 1;
        else if (kind === 'duplicate') ledger.duplicate += 1;
        else if (kind === 'conflict') ledger.deadLettered += 1;
        else if (!product.keep(reading)) ledger.filtered += 1;
        else {
          ledger.aggregated += 1;
          const key = JSON.stringify(product.key(reading));
          const group = groups.get(key);
          if (group === undefined) groups.set(key, [reading]);
          else group.push(reading);
        }
      }
    return { rows: new Map([...groups].map(([key, readings]) => [key, rowOf(readings)])), ledger };
  }
}

function rowOf(readings: readonly Reading[]): MeterRow {
  return {
    readings: readings.length,
    total: readings.reduce((sum, { watts }) => sum + watts, 0),
    peak: readings.reduce((peak, { watts }) => Math.max(peak, watts), -Infinity),
    meters: new Set(readings.map(({ meter }) => meter)).size,
  };
}

/** An id counts once among `DEDUPE_WINDOW` records; the same id with other data is a conflict. */
function entryOf(record: LogRecord, before: readonly Entry[]): Entry {
  if (record.header('tenon-control') !== undefined) return { kind: 'control', reading: null };
  const event = JSON.parse(Buffer.from(record.value).toString()) as { id: string; data: Omit<Reading, 'id'> };
  const reading: Reading = { id: event.id, ...event.data };
  for (let at = before.length - 1; at >= Math.max(0, before.length - DEDUPE_WINDOW); at--) {
    const other = before[at]?.reading;
    if (other?.id !== reading.id) continue;
    return { kind: isSame(other, reading) ? 'duplicate' : 'conflict', reading };
  }
  return { kind: 'event', reading };
}

export const isSame = (a: Reading, b: Reading) =>
  a.id === b.id && a.meter === b.meter && a.site === b.site && a.watts === b.watts && a.at === b.at;
