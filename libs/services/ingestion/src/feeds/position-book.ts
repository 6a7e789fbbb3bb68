/**
 * How far a source has taken the stream of somebody else: a topic of its own beside the source's events, so that positions are as
 * durable as what they speak of, wherever the stream is. Its records are facts that stay true (what stands before is in the log), so
 * whoever writes when, the furthest one counts.
 */
import { HEADERS, TOPICS, VERSIONS, misfit, mustRead, unknownVersion, versionText } from '@tenon/contracts';
import type { Offset } from '@tenon/domain';
import type { Clock, EventLog, LogRecord } from '@tenon/ports';
import type { PassedOver } from '@tenon/telemetry';
import { fileLane } from './stream-name';

/** How far one partition of a stream was taken. */
export interface LanePosition {
  /** All its records before this offset are in the log, or among the dead letters. */
  readonly next: Offset;
  /** Partition of the source's events → none of its records from `next` on stand before this offset. */
  readonly ends: Readonly<Record<string, Offset>>;
  /** The same of the dead letters. */
  readonly letters: Offset;
}

export type Lanes = Readonly<Record<string, LanePosition>>;
/** What was read of a file. */
export interface FileEntry {
  /** Its digest when it was first read: what its lane is called by. */
  readonly base: string;
  readonly size: number;
  /** Of these bytes. */
  readonly digest: string;
  /** As `WatchedFile` has it. */
  readonly state: string;
  /** The row that comes next, where it is done. */
  readonly next: Offset;
  /** All of its rows are in the log, or among the dead letters. */
  readonly done: boolean;
}

type Files = Readonly<Record<string, FileEntry>>;
type Streams = Readonly<Record<string, readonly string[]>>;

interface Positions {
  readonly streams: Streams;
  readonly lanes: Lanes;
  /** Absent: none. */
  readonly files?: Files;
}

/** So many records are replaced by few that say the same. */
const TRIM_AT = 1_000;
/** What one of these says of at most. */
const MOST_FILES = 500;

export class PositionBook {
  private readonly topic: string;
  private readonly lanes = new Map<string, LanePosition>();
  private readonly streams = new Map<string, Set<string>>();
  private readonly files = new Map<string, FileEntry>();
  private nextRecord: Offset = 0;
  private start: Offset = 0;

  constructor(
    private readonly log: Pick<EventLog, 'ensureTopic' | 'read' | 'append' | 'startOffsets' | 'deleteBefore'>,
    private readonly clock: Pick<Clock, 'now'>,
    source: string,
    private readonly passedOver?: PassedOver,
  ) {
    this.topic = TOPICS.feedPositions(source);
  }

  async open(): Promise<void> {
    await this.log.ensureTopic({ name: this.topic, partitions: 1, keepsAll: true });
    this.start = (await this.log.startOffsets(this.topic))['0'] ?? 0;
    this.nextRecord = Math.max(this.nextRecord, this.start);
    await this.read();
  }

  /** Ids that a stream has had, the first one first. */
  idsOf(stream: string): readonly string[] {
    return [...(this.streams.get(stream) ?? [])];
  }

  /** As of the last `read`. */
  position(lane: string): LanePosition | undefined {
    return this.lanes.get(lane);
  }

  /** As of the last `read`; by their names. */
  get known(): ReadonlyMap<string, FileEntry> {
    return this.files;
  }

  /** What other instances have written too. */
  async read(): Promise<void> {
    for (;;) {
      const records = await this.log.read(this.topic, 0, this.nextRecord);
      if (records.length === 0) return;
      for (const record of records) {
        if (record.offset < this.nextRecord) continue;
        this.nextRecord = record.offset + 1;
        const positions = this.positionsOf(record);
        if (positions !== null) this.merge(positions);
      }
    }
  }

  /** Durably. */
  async note(positions: Partial<Positions>): Promise<void> {
    await this.write({ streams: {}, lanes: {}, ...positions });
    await this.read();
    const few = Math.ceil(this.files.size / MOST_FILES);
    if (this.nextRecord - this.start > TRIM_AT + few) await this.trim(few);
  }

  /** Few records say what all before them have said. What others write meanwhile stands behind what was read, and stays. */
  private async trim(few: number): Promise<void> {
    const known = this.nextRecord;
    const streams = Object.fromEntries([...this.streams].map(([stream, ids]) => [stream, [...ids]]));
    await this.write({ streams, lanes: Object.fromEntries(this.lanes) });
    const files = [...this.files];
    for (let part = 0; part < few; part++) {
      const some = files.slice(part * MOST_FILES, (part + 1) * MOST_FILES);
      await this.write({ streams: {}, lanes: {}, files: Object.fromEntries(some) });
    }
    await this.log.deleteBefore(this.topic, { '0': known });
    this.start = known;
  }

  private async write({ streams, lanes, files }: Positions): Promise<void> {
    const value = JSON.stringify({
      v: VERSIONS['feed-positions'].writes,
      at: this.clock.now(),
      streams,
      lanes,
      ...(files !== undefined && { files }),
    });
    const headers = { [HEADERS.version]: versionText('feed-positions') };
    await this.log.append(this.topic, [{ partition: 0, key: null, value, headers }]);
  }

  private positionsOf(record: LogRecord): Positions | null {
    const place = () => `${this.topic}, offset ${record.offset}`;
    mustRead(unknownVersion('feed-positions', record.header(HEADERS.version)), place);
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(record.value).toString('utf8'));
    } catch {
      value = undefined;
    }
    const reason = value === undefined ? 'it is not JSON' : misfit('feed-positions', value);
    if (reason === undefined) return value as Positions;
    this.passedOver?.add('feed-positions', {
      topic: this.topic,
      partition: 0,
      offset: record.offset,
      reason,
    });
    return null;
  }

  private merge({ streams, lanes, files = {} }: Positions): void {
    for (const [file, entry] of Object.entries(files)) {
      const known = this.files.get(file);
      const isFurther = known === undefined || (known.base === entry.base && known.size <= entry.size);
      if (!isFurther || (known?.done === true && known.size === entry.size && !entry.done)) continue;
      this.files.set(file, entry);
      // What is done says by itself where it goes on, should it grow.
      if (entry.done) this.lanes.delete(fileLane(file, entry.base));
    }
    for (const [lane, position] of Object.entries(lanes)) {
      const known = this.lanes.get(lane);
      if (known === undefined || position.next >= known.next) this.lanes.set(lane, position);
    }
    for (const [stream, ids] of Object.entries(streams)) {
      const known = this.streams.get(stream) ?? new Set();
      this.streams.set(stream, known);
      for (const id of ids) known.add(id);
    }
  }
}
