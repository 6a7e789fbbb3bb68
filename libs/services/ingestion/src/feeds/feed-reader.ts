/**
 * Takes a source's events from a stream that others write, as one of a group: each record once, in the order of its partition.
 *
 * A record is appended, and then how far its lane was taken is noted (`PositionBook`). Who begins with a lane looks for what stands
 * in the log beyond the last note (`alreadyTaken`), and leaves that out. What an append of unknown outcome may have left behind that
 * look lies close by: there the source's dedupe window finds it, since a record's id is where it stands in the stream.
 */
import { GROUPS } from '@tenon/contracts';
import type { Offset, Partition, SourceDefinition, SourceFeed } from '@tenon/domain';
import { TenonError, Unavailable } from '@tenon/errors';
import { TopicReader } from '@tenon/loops';
import type { PartitionRead } from '@tenon/loops';
import type {
  Clock,
  Displaced,
  EventLog,
  Feed,
  Ids,
  LogRecord,
  Logger,
  NewRecord,
  OpenFeed,
} from '@tenon/ports';
import type { PassedOver } from '@tenon/telemetry';
import { Rejection } from '../events/rejection';
import type { SourceDesk } from '../intake/source-desk';
import type { DeadLetter } from '../log/dead-letters';
import { BEGINNING, alreadyTaken, endsOf, lanesInLog, originOf } from './already-taken';
import { laneName, streamName } from './stream-name';
import { FeedWriter } from './feed-writer';
import { Lane } from './lane';
import { PositionBook } from './position-book';
import { takeRecord } from './record-intake';
import { Stalls } from './stalls';
import type { StreamIdentity } from './stream-identity';
import { identify } from './stream-identity';

export interface FeedReaderDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly passedOver?: PassedOver;
  readonly openFeed: OpenFeed;
  /** Ids of streams that an operator says are to be read although others had their names. */
  readonly accepted: readonly string[];
}

const MAX_RECORDS = 5_000;
/** Who is not heard of for longer may be out of the group by now: another one has the lanes. */
const HOLD_MS = 3_000;
const NOTE_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 2_000;

/** What one poll gave of a lane. */
interface Taken {
  readonly partition: Partition;
  readonly lane: Lane;
  readonly events: readonly NewRecord[];
  readonly letters: readonly DeadLetter[];
  readonly late: number;
  readonly next: Offset;
}

export class FeedReader {
  readonly from: SourceFeed;
  readonly feed: Feed;
  /** What the stream is called where positions are noted. */
  private readonly stream: string;
  private readonly book: PositionBook;
  private readonly reader: TopicReader<Lane>;
  private identity: StreamIdentity | null = null;
  private lookedAt = -Infinity;
  private notedAt = -Infinity;
  private readonly writer: FeedWriter;
  private readonly stalls: Stalls;
  /** What was passed over as unreadable and is no dead letter yet, by partition. */
  private readonly unread = new Map<Partition, { readonly from: Offset; readonly rejection: Rejection }[]>();
  private failure: string | null = null;

  constructor(
    private readonly deps: FeedReaderDeps,
    readonly source: SourceDefinition & { readonly from: SourceFeed },
    private readonly desk: SourceDesk,
  ) {
    const { log, clock, passedOver } = deps;
    this.from = source.from;
    this.stream = streamName(source.from);
    this.feed = deps.openFeed(source, ({ partition, from, to, reason }) => {
      const detail = `Offsets ${from} to ${to - 1} cannot be read: ${reason}.`.slice(0, 1_000);
      const waiting = this.unread.get(partition) ?? [];
      this.unread.set(partition, [
        ...waiting,
        { from, rejection: new Rejection(422, 'unreadable-batch', detail) },
      ]);
    });
    this.writer = new FeedWriter(desk, () => this.checkHold());
    this.stalls = new Stalls(clock, HOLD_MS);
    this.book = new PositionBook(log, clock, source.name, passedOver);
    this.reader = new TopicReader<Lane>(
      { ...deps, log: this.feed.log },
      {
        topic: this.stream,
        group: GROUPS.feed(source.name),
        maxRecords: MAX_RECORDS,
        prepare: () => this.prepare(),
        begin: (partition) => this.begin(partition),
        end: (lane, partition) => this.end(lane, partition),
        take: (read) => this.take(read),
        displaced: (lane, displaced) => this.displaced(lane, displaced),
        reads: async (lane) => void (lane.standing = null),
        afterPoll: () => this.afterPoll(),
        alone: {
          failed: (error) => (this.failure = error instanceof Error ? error.message : String(error)),
          well: () => (this.failure = null),
        },
      },
    );
  }

  get totals(): FeedWriter['totals'] {
    return this.writer.totals;
  }

  /** Partition → how far this instance has taken it. */
  get lanes(): ReadonlyMap<Partition, Lane> {
    return this.reader.held;
  }

  /** What stands still, in words; null: nothing. */
  get trouble(): string | null {
    const standing = [...this.lanes.values()].find((lane) => lane.standing !== null);
    return this.failure ?? this.reader.trouble ?? standing?.standing ?? null;
  }

  /** Never rejects: what can't be had yet is waited for. */
  start(): void {
    this.stalls.start();
    this.reader.startBeside();
  }

  async stop(): Promise<void> {
    await this.reader.stop();
    await this.stalls.stop();
    await this.feed.log.close().catch(() => undefined);
  }

  private async prepare(): Promise<void> {
    const { log, accepted } = this.deps;
    const { name: source } = this.source;
    await this.book.open();
    const { stream } = this;
    const identity = await identify(stream, this.feed, this.book, accepted);
    if (identity.isNew) {
      // A log that has records of the stream, and no note of them, has lost the notes: everything is looked at again.
      const known = [...(await lanesInLog(log, source, identity.name))];
      const lanes = Object.fromEntries(known.map((lane) => [lane, { next: 0, ...BEGINNING }]));
      await this.book.note({ streams: { [stream]: [...this.book.idsOf(stream), identity.id] }, lanes });
    }
    this.identity = identity;
    this.lookedAt = this.deps.clock.monotonic();
    this.writer.isUnsure = false;
    this.stalls.forget();
  }

  private async begin(partition: Partition): Promise<{ from: Offset; held: Lane }> {
    const { log } = this.deps;
    const { name: source } = this.source;
    const name = laneName(this.identity?.name ?? this.stream, partition);
    await this.book.read();
    const known = this.book.position(name);
    if (known !== undefined) {
      const taken = await alreadyTaken(log, source, name, known);
      return { from: known.next, held: new Lane(name, known.next, taken) };
    }
    const start = (await this.feed.log.startOffsets(this.stream))[String(partition)] ?? 0;
    const position = { next: start, ...(await endsOf(log, source)) };
    await this.book.note({ lanes: { [name]: position } });
    return { from: start, held: new Lane(name, start, await alreadyTaken(log, source, name, position)) };
  }

  private async end(lane: Lane, partition: Partition): Promise<void> {
    this.unread.delete(partition);
    await this.note([lane]);
  }

  private async take(read: readonly PartitionRead<Lane>[]): Promise<void> {
    const all = read.map((one) => this.takeLane(one));
    await this.look();
    // The group may have changed while this was computed: what it had to say is heard first.
    await this.deps.clock.sleep(0);
    const held: Taken[] = [];
    for (const one of all) if (await this.reader.stillHas(one.partition)) held.push(one);
    await this.writer.write(
      held.flatMap(({ events }) => events),
      held.flatMap(({ letters }) => letters),
    );
    for (const { lane, next, late } of held) {
      this.desk.appender.late += late;
      lane.passed(next);
    }
  }

  private takeLane({ partition, held: lane, records }: PartitionRead<Lane>): Taken {
    const events: NewRecord[] = [];
    const letters = this.unreadOf(lane, partition);
    let late = 0;
    for (const record of records) {
      if (lane.has(record.offset)) {
        this.writer.totals.repeated += 1;
        continue;
      }
      const origin = originOf(lane.name, record.offset);
      const taken = takeRecord(this.desk, this.from.format, record, origin, this.deps.ids);
      const { outcome, correlationId } = taken;
      if (outcome.ok) {
        events.push(outcome.record);
        if (outcome.late) late += 1;
      } else letters.push(letterOf(record, outcome, correlationId, origin));
    }
    const next = (records.at(-1) as LogRecord).offset + 1;
    return { partition, lane, events, letters, late, next };
  }

  private unreadOf(lane: Lane, partition: Partition): DeadLetter[] {
    const waiting = this.unread.get(partition) ?? [];
    this.unread.delete(partition);
    return waiting.flatMap(({ from, rejection }) => {
      const origin = originOf(lane.name, from);
      if (from < lane.next || lane.has(from)) return [];
      return [{ bytes: '', rejection, correlationId: origin, contentType: '', origin }];
    });
  }

  /** What lies before the stream's start was deleted before it was taken; beyond its end it has lost what was taken. */
  private async displaced(lane: Lane, { wanted, start, end }: Displaced): Promise<'stand' | 'pass'> {
    this.lookedAt = -Infinity;
    await this.look();
    const { stream } = this;
    if (wanted > end) {
      lane.standing = `${stream}: ${lane.name} ends at ${end}, and ${wanted} records of it were taken: the stream has lost records.`;
      return 'stand';
    }
    const detail = `Offsets ${wanted} to ${start - 1} of ${stream} were deleted before they were taken.`;
    const origin = originOf(lane.name, wanted);
    const rejection = new Rejection(422, 'stream-gap', detail);
    this.deps.logger.error({ source: this.source.name, lane: lane.name, wanted, start }, detail);
    await this.writer.write([], [{ bytes: '', rejection, correlationId: origin, contentType: '', origin }]);
    lane.passed(start);
    return 'pass';
  }

  private async afterPoll(): Promise<void> {
    for (const [partition, next] of this.reader.positions()) {
      const lane = this.lanes.get(partition);
      if (lane === undefined) continue;
      const letters = this.unreadOf(lane, partition);
      if (letters.length > 0) await this.writer.write([], letters);
      if (lane.standing === null) lane.passed(next);
    }
    const now = this.deps.clock.monotonic();
    if (now - this.notedAt < NOTE_EVERY_MS) return;
    this.notedAt = now;
    await this.look();
    await this.note([...this.lanes.values()]);
    const ends = await this.feed.log.endOffsets(this.stream);
    for (const [partition, lane] of this.lanes) lane.end = ends[String(partition)] ?? lane.end;
  }

  private checkHold(): void {
    if (this.stalls.seen || this.reader.silentMs() > HOLD_MS)
      throw new Unavailable('The group may have given the partitions to others meanwhile.');
  }

  private async note(lanes: readonly Lane[]): Promise<void> {
    const changed = lanes.filter(({ next, noted }) => next > noted);
    if (this.writer.isUnsure || changed.length === 0) return;
    const ends = await endsOf(this.deps.log, this.source.name);
    const positions = changed.map((lane) => [lane.name, { next: lane.next, ...ends }] as const);
    await this.book.note({ lanes: Object.fromEntries(positions) });
    for (const lane of changed) lane.noted = lane.next;
  }

  /** @throws TenonError `stream-replaced` where the stream became another one while it was read */
  private async look(): Promise<void> {
    const now = this.deps.clock.monotonic();
    if (now - this.lookedAt < LOOK_EVERY_MS) return;
    this.lookedAt = now;
    const { id } = await identify(this.stream, this.feed, this.book, this.deps.accepted);
    if (id !== this.identity?.id)
      throw new TenonError('stream-replaced', `The ${this.feed.title} is another one now.`);
  }
}

function letterOf(
  record: LogRecord,
  rejection: Rejection,
  correlationId: string,
  origin: string,
): DeadLetter {
  const unread = record.fault === undefined ? undefined : 'application/octet-stream';
  const contentType = unread ?? record.header('content-type') ?? 'application/json';
  return { bytes: record.value, rejection, correlationId, contentType, id: origin, origin };
}
