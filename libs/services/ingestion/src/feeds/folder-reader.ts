/**
 * Takes a source's events from files that others put into a folder: each file once, by its name and its content, each row once.
 *
 * A file is a lane, whose offsets are its rows: appended, noted and found again as those of a stream are (`FeedReader`). One instance at
 * a time reads the folder: whoever holds the one partition of the notes.
 */
import { GROUPS, TOPICS } from '@tenon/contracts';
import type { SourceDefinition, SourceFeed, SourceFiles } from '@tenon/domain';
import { Refusal, Unavailable } from '@tenon/errors';
import { TopicReader } from '@tenon/loops';
import type {
  Clock,
  EventLog,
  Ids,
  Logger,
  NewRecord,
  OpenFolder,
  WatchedFolder,
  WatchedRow,
} from '@tenon/ports';
import type { PassedOver } from '@tenon/telemetry';
import type { SourceDesk } from '../intake/source-desk';
import type { DeadLetter } from '../log/dead-letters';
import { alreadyTaken, endsOf, originOf } from './already-taken';
import { FeedWriter } from './feed-writer';
import type { DueFile } from './folder-watch';
import { FolderWatch } from './folder-watch';
import { Lane } from './lane';
import { OpenFile } from './open-file';
import type { Pace } from './pace';
import { PositionBook } from './position-book';
import { takeRow } from './record-intake';
import { Stalls } from './stalls';
import { fileLane } from './stream-name';

export interface FolderReaderDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly passedOver?: PassedOver;
  readonly openFolder: OpenFolder;
  readonly pace: Pace;
}

export type FolderSource = SourceDefinition & { readonly from: SourceFeed & { readonly files: SourceFiles } };

const HOLD_MS = 3_000;
const NOTE_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 1_000;
/** Then it is asked whether it is still this instance's turn. */
const TURN_MS = 500;

/** What this instance has while it is its turn. */
interface Turn {
  readonly watch: FolderWatch;
  open: OpenFile | null;
}

export class FolderReader {
  readonly from: SourceFeed;
  private readonly folder: WatchedFolder;
  private readonly book: PositionBook;
  private readonly writer: FeedWriter;
  private readonly stalls: Stalls;
  private readonly reader: TopicReader<Turn>;
  private lookedAt = -Infinity;
  private notedAt = -Infinity;
  private failure: string | null = null;

  constructor(
    private readonly deps: FolderReaderDeps,
    readonly source: FolderSource,
    private readonly desk: SourceDesk,
  ) {
    const { log, clock, passedOver, logger } = deps;
    const topic = TOPICS.feedPositions(source.name);
    this.from = source.from;
    this.folder = deps.openFolder(source);
    this.writer = new FeedWriter(desk, () => this.checkHold());
    this.stalls = new Stalls(clock, HOLD_MS);
    this.book = new PositionBook(log, clock, source.name, passedOver);
    this.reader = new TopicReader<Turn>(
      { log, clock, logger },
      {
        topic,
        group: GROUPS.feedTurn(source.name),
        maxRecords: 1_000,
        maxWaitMs: () => ((this.held?.open ?? null) === null ? LOOK_EVERY_MS : 0),
        prepare: () => this.prepare(),
        begin: async () => {
          await this.book.read();
          const from = (await log.endOffsets(topic))['0'] ?? 0;
          return { from, held: this.turn() };
        },
        end: async ({ open }) => open?.close(),
        take: async () => undefined,
        displaced: async () => 'pass',
        afterPoll: () => this.work(),
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

  /** What stands still, in words; null: nothing. */
  get trouble(): string | null {
    const [first, ...more] = this.held?.watch.troubles.values() ?? [];
    const ofFiles =
      first === undefined ? null : `${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
    return this.failure ?? this.reader.trouble ?? ofFiles;
  }

  status(): object {
    const { held, trouble } = this;
    const open = held?.open ?? null;
    const files = [...this.book.known.values()].filter(({ done }) => done).length;
    return {
      ...{ kind: this.from.kind, stream: this.from.stream, place: this.folder.place },
      ready: trouble === null,
      ...(trouble !== null && { reason: trouble }),
      ...this.totals,
      files,
      left: held?.watch.left ?? null,
      reading: open === null ? null : { file: open.file.name, row: open.lane.next },
      notRead: [...(held?.watch.troubles.values() ?? [])].slice(0, 20),
    };
  }

  /** Never rejects: what can't be had yet is waited for. */
  start(): void {
    this.stalls.start();
    this.reader.startBeside();
  }

  async stop(): Promise<void> {
    const open = this.held?.open ?? null;
    if (open !== null && !this.writer.isUnsure) await this.note(open).catch(() => undefined);
    await this.reader.stop();
    await this.stalls.stop();
  }

  /** Null: it is another instance's turn. */
  private get held(): Turn | null {
    return this.reader.held.get(0) ?? null;
  }

  private async prepare(): Promise<void> {
    await this.book.open();
    this.writer.isUnsure = false;
    this.stalls.forget();
  }

  private turn(): Turn {
    const { settleMs } = this.source.from.files;
    this.lookedAt = -Infinity;
    return {
      watch: new FolderWatch(this.folder, this.deps.clock, settleMs, () => this.book.known),
      open: null,
    };
  }

  private async work(): Promise<void> {
    const { clock, pace } = this.deps;
    const { held } = this;
    if (held === null) return;
    const until = clock.monotonic() + TURN_MS;
    while (clock.monotonic() < until && !this.reader.signal.aborted) {
      if (clock.monotonic() - this.lookedAt >= LOOK_EVERY_MS) {
        await held.watch.look();
        this.lookedAt = clock.monotonic();
      }
      const began = clock.monotonic();
      if (!(await this.step(held))) return;
      await pace.rest(clock.monotonic() - began, this.reader.signal);
    }
  }

  /** @returns false if there is nothing to do */
  private async step(held: Turn): Promise<boolean> {
    if (held.open === null) {
      const due = await held.watch.next();
      if (due === null) return false;
      held.open = await this.begin(due);
    }
    const { open } = held;
    try {
      const rows = await open.take(this.deps.pace.rows());
      if (rows.length === 0) await this.finish(held, open);
      else {
        await this.append(open, rows);
        if (this.deps.clock.monotonic() - this.notedAt >= NOTE_EVERY_MS) await this.note(open);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { name } = open.file;
      this.deps.logger.error(
        { source: this.source.name, file: name, row: open.lane.next, error },
        'a file can’t be read on',
      );
      held.watch.refuse(open.file, error);
      await this.note(open);
      await this.leave(held);
    }
    return true;
  }

  private async begin({ file, entry, isWhole, isLongRested }: DueFile): Promise<OpenFile> {
    const { log } = this.deps;
    const { name: source } = this.source;
    const name = fileLane(file.name, entry.base);
    const known = this.book.position(name);
    const position = known ?? { next: entry.next, ...(await endsOf(log, source)) };
    await this.book.note({ lanes: { [name]: position }, files: { [file.name]: entry } });
    const taken = await alreadyTaken(log, source, name, position);
    this.notedAt = this.deps.clock.monotonic();
    return new OpenFile(
      this.folder,
      file,
      entry,
      new Lane(name, position.next, taken),
      isWhole,
      isLongRested,
    );
  }

  private async append({ lane, file }: OpenFile, rows: readonly WatchedRow[]): Promise<void> {
    const events: NewRecord[] = [];
    const letters: DeadLetter[] = [];
    let late = 0;
    for (const row of rows) {
      if (lane.has(row.number)) {
        this.writer.totals.repeated += 1;
        continue;
      }
      const origin = originOf(lane.name, row.number);
      const { outcome, correlationId } = takeRow(this.desk, row, origin, file.modifiedMs, this.deps.ids);
      if (outcome.ok) {
        events.push(outcome.record);
        if (outcome.late) late += 1;
      } else
        letters.push({
          ...{ bytes: row.text, rejection: outcome, correlationId },
          ...{ contentType: 'application/json', id: origin, origin },
        });
    }
    // The turn may have gone to another one while this was computed: what the group had to say is heard first.
    await this.deps.clock.sleep(0);
    if (!(await this.reader.stillHas(0))) throw new Unavailable('Another instance reads the folder by now.');
    await this.writer.write(events, letters);
    this.desk.appender.late += late;
    lane.passed((rows.at(-1) as WatchedRow).number + 1);
  }

  private async finish(held: Turn, open: OpenFile): Promise<void> {
    const { file, lane, isWhole } = open;
    const entry = { ...open.entry, next: lane.next, done: isWhole };
    await this.note(open, entry);
    held.watch.handle(file, isWhole);
    await this.leave(held);
    const fields = { source: this.source.name, file: file.name, rows: lane.next - 1 };
    if (isWhole) this.deps.logger.info(fields, 'a file was read');
  }

  private async leave(held: Turn): Promise<void> {
    await held.open?.close();
    held.open = null;
  }

  private async note({ file, lane, entry: opened }: OpenFile, entry = opened): Promise<void> {
    if (this.writer.isUnsure) return;
    this.notedAt = this.deps.clock.monotonic();
    const position = { next: lane.next, ...(await endsOf(this.deps.log, this.source.name)) };
    await this.book.note({ lanes: { [lane.name]: position }, files: { [file.name]: entry } });
    lane.noted = lane.next;
  }

  private checkHold(): void {
    if (this.stalls.seen || this.reader.silentMs() > HOLD_MS)
      throw new Unavailable('The group may have given the folder to another instance meanwhile.');
  }
}
