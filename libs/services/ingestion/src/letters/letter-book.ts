/**
 * The dead letters of one source. The topic keeps them all; which of them are settled, sent again or dropped, stands in a
 * topic beside it, so that whoever reads either of them from the start knows as much as everybody else.
 */
import { HEADERS, TOPICS, misfit, mustRead, unknownVersion, versionText } from '@tenon/contracts';
import type { Offset } from '@tenon/domain';
import type { Clock, EventLog, LogRecord } from '@tenon/ports';
import type { PassedOver } from '@tenon/telemetry';
import { isInLog, reasonOf, reasonText } from './letter';

export interface LetterFilter {
  readonly product?: string | undefined;
  readonly code?: string | undefined;
  /** Refused at or after, and before: milliseconds since the epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly offsets?: ReadonlySet<Offset> | undefined;
}

export type Outcome = 'replayed' | 'dropped';

export interface Found {
  readonly records: readonly LogRecord[];
  /** Letters that say once more what one of these says, with that one's offset. */
  readonly repeats: readonly { readonly of: Offset; readonly record: LogRecord }[];
  /** Where to go on; null at the end. */
  readonly next: Offset | null;
}

/** Of one request: records that it looks at, whether or not they are asked for. */
const MOST_SEEN = 50_000;
/** What is told of as lately. */
export const LATELY_MS = 600_000;
/** Of a flood only the newest are remembered as such. */
const MOST_RECENT = 10_000;
const AT_ONCE = { maxRecords: 2_000, maxBytes: 8 << 20 };

export class LetterBook {
  private readonly settled = new Set<Offset>();
  /** Reason → how many letters there are that are not settled, of those that were counted so far. */
  private readonly open = new Map<string, number>();
  /** Letters of the last minutes, the oldest first. */
  private recent: { readonly offset: Offset; readonly at: number; readonly reason: string }[] = [];
  private nextMark: Offset = 0;
  private nextLetter: Offset = 0;
  private counting: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: Pick<EventLog, 'ensureTopic' | 'read' | 'append'>,
    private readonly clock: Pick<Clock, 'now'>,
    readonly source: string,
    private readonly passedOver?: PassedOver,
  ) {}

  async start(): Promise<void> {
    await this.log.ensureTopic({ name: TOPICS.deadLetters(this.source), partitions: 1 });
    await this.log.ensureTopic({ name: TOPICS.settledLetters(this.source), partitions: 1 });
  }

  /** Letters that are not settled, the oldest first. */
  async find(filter: LetterFilter, from: Offset, limit: number): Promise<Found> {
    await this.readMarks();
    const records: LogRecord[] = [];
    const repeats: { of: Offset; record: LogRecord }[] = [];
    const seen = new Map<string, Offset>();
    let looked = 0;
    for await (const record of this.read(TOPICS.deadLetters(this.source), from)) {
      if (looked >= MOST_SEEN || records.length >= limit) return { records, repeats, next: record.offset };
      looked += 1;
      // What repeats a letter that is chosen goes with it, whichever offsets are named.
      if (this.settled.has(record.offset) || !matches(record, { ...filter, offsets: undefined })) continue;
      // After a crash of speed, or of who takes a stream of others, the same refusal may come again.
      const place = isInLog(record)
        ? Buffer.from(record.key ?? []).toString()
        : record.header(HEADERS.origin);
      const name = place === undefined ? null : `${place} ${reasonText(reasonOf(record))}`;
      const first = name === null ? undefined : seen.get(name);
      if (first !== undefined) {
        repeats.push({ of: first, record });
        continue;
      }
      if (!matches(record, filter)) continue;
      if (name !== null) seen.set(name, record.offset);
      records.push(record);
    }
    return { records, repeats, next: null };
  }

  /** @returns undefined where there is none of that number */
  async letter(offset: Offset): Promise<LogRecord | undefined> {
    const [record] = await this.log.read(TOPICS.deadLetters(this.source), 0, offset, { maxRecords: 1 });
    return record?.offset === offset ? record : undefined;
  }

  /** @param found where the records are from: what repeats one of them is settled with it */
  async settle(
    settled: readonly LogRecord[],
    outcome: Outcome,
    { repeats }: Pick<Found, 'repeats'>,
  ): Promise<void> {
    if (settled.length === 0) return;
    const offsets = new Set(settled.map(({ offset }) => offset));
    const records = [...settled, ...repeats.filter(({ of }) => offsets.has(of)).map(({ record }) => record)];
    const counts: Record<string, number> = {};
    for (const record of records) {
      const reason = reasonText(reasonOf(record));
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
    const mark = {
      v: 1,
      outcome,
      at: this.clock.now(),
      offsets: records.map(({ offset }) => offset),
      counts,
    };
    const headers = { [HEADERS.version]: versionText('settled-letters') };
    await this.log.append(TOPICS.settledLetters(this.source), [
      { partition: 0, key: null, value: JSON.stringify(mark), headers },
    ]);
  }

  /** Reason → letters that are not settled. Counts on where the last call ended, so only the first one takes its time. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    this.counting = this.counting.catch(() => undefined).then(() => this.count());
    await this.counting;
    return new Map([...this.open].filter(([, count]) => count > 0));
  }

  /** Reason → letters of the last ten minutes that are not settled, as of the last count. */
  lately(): ReadonlyMap<string, number> {
    const since = this.clock.now() - LATELY_MS;
    const counts = new Map<string, number>();
    for (const { offset, at, reason } of this.recent)
      if (at >= since && !this.settled.has(offset)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return counts;
  }

  private async count(): Promise<void> {
    await this.readMarks();
    const since = this.clock.now() - LATELY_MS;
    this.recent = this.recent.filter(({ at }) => at >= since);
    for await (const record of this.read(TOPICS.deadLetters(this.source), this.nextLetter)) {
      const reason = reasonText(reasonOf(record));
      this.add(reason, 1);
      this.nextLetter = record.offset + 1;
      const { offset, timestamp: at } = record;
      if (at < since) continue;
      this.recent.push({ offset, at, reason });
      if (this.recent.length > 2 * MOST_RECENT) this.recent = this.recent.slice(-MOST_RECENT);
    }
  }

  private async readMarks(): Promise<void> {
    for await (const record of this.read(TOPICS.settledLetters(this.source), this.nextMark)) {
      if (record.offset < this.nextMark) continue;
      mustRead(unknownVersion('settled-letters', record.header(HEADERS.version)), () =>
        TOPICS.settledLetters(this.source),
      );
      this.nextMark = record.offset + 1;
      const mark = markOf(record);
      if (typeof mark === 'string') {
        const facts = { topic: TOPICS.settledLetters(this.source), partition: 0, offset: record.offset };
        this.passedOver?.add('settled-letters', { ...facts, reason: mark });
        continue;
      }
      for (const offset of mark.offsets) this.settled.add(offset);
      for (const [reason, count] of Object.entries(mark.counts)) this.add(reason, -count);
    }
  }

  private add(reason: string, count: number): void {
    this.open.set(reason, (this.open.get(reason) ?? 0) + count);
  }

  private async *read(topic: string, from: Offset): AsyncGenerator<LogRecord> {
    for (let at = from; ;) {
      const records = await this.log.read(topic, 0, at, AT_ONCE);
      if (records.length === 0) return;
      yield* records;
      at = (records.at(-1) as LogRecord).offset + 1;
    }
  }
}

interface Mark {
  readonly offsets: readonly Offset[];
  readonly counts: Readonly<Record<string, number>>;
}

/** What was settled, or why a record says nothing of it. */
function markOf(record: LogRecord): Mark | string {
  let mark: unknown;
  try {
    mark = JSON.parse(Buffer.from(record.value).toString('utf8'));
  } catch {
    return 'it is not JSON';
  }
  return misfit('settled-letters', mark) ?? (mark as Mark);
}

function matches(record: LogRecord, { product, code, from, to, offsets }: LetterFilter): boolean {
  const reason = reasonOf(record);
  return (
    (product === undefined || reason.product === product) &&
    (code === undefined || reason.code === code) &&
    (from === undefined || record.timestamp >= from) &&
    (to === undefined || record.timestamp < to) &&
    (offsets === undefined || offsets.has(record.offset))
  );
}
