/** Reads of the older tier that follow each other: each goes on where the one before has ended, without opening it anew. */
import type { Offset, Partition } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { LogRecord, Logger, OlderRecords } from '@tenon/ports';
import { OlderReading } from './older-reading';

/** So many are held open at most; whoever comes back after that begins anew. */
const MAX_OPEN = 8;

export interface OlderRead {
  readonly records: readonly LogRecord[];
  /** The offset behind them; that which was asked for: the older tier does not have the record there. */
  readonly next: Offset;
}

export class OlderReads {
  /** `<topic>/<partition>/<next offset>` → what goes on there; the one that was used last comes last. */
  private readonly open = new Map<string, OlderReading>();

  constructor(
    private readonly older: OlderRecords,
    private readonly logger: Logger,
  ) {}

  /** @throws Unavailable */
  async read(topic: string, partition: Partition, from: Offset, maxRecords: number): Promise<OlderRead> {
    const nothing = { records: [], next: from };
    try {
      const reading =
        this.takeOut(`${topic}/${partition}/${from}`) ?? (await this.begin(topic, partition, from));
      if (reading === null) return nothing;
      const records = await reading.take(maxRecords);
      const last = records.at(-1);
      if (last === undefined) {
        await reading.close();
        return { records, next: reading.next };
      }
      await this.keep(`${topic}/${partition}/${last.offset + 1}`, reading);
      return { records, next: last.offset + 1 };
    } catch (error) {
      if (isPassing(error)) throw error;
      // What cannot be read there is not there, as far as this reader can tell.
      const facts = { error, topic, partition, from };
      this.logger.error(facts, 'the older part of a log is unreadable');
      return nothing;
    }
  }

  private begin(topic: string, partition: Partition, from: Offset): Promise<OlderReading | null> {
    return OlderReading.begin(this.older.read(topic, partition, from), from);
  }

  /** Nobody else goes on with it meanwhile. */
  private takeOut(key: string): OlderReading | undefined {
    const reading = this.open.get(key);
    this.open.delete(key);
    return reading;
  }

  private async keep(key: string, reading: OlderReading): Promise<void> {
    const left = [this.open.get(key)];
    this.open.delete(key);
    this.open.set(key, reading);
    const [oldest] = this.open.keys();
    if (this.open.size > MAX_OPEN && oldest !== undefined) left.push(this.takeOut(oldest));
    for (const one of left) await one?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    const all = [...this.open.values()];
    this.open.clear();
    for (const reading of all) await reading.close().catch(() => undefined);
  }
}
