/**
 * A log whose topics of events stay the ones that they were. What is counted, archived and promised in receipts is named by
 * offsets; in a topic that was deleted and made anew the same offsets are other events, or none. So its id is noted when it is
 * first used, and looked at from time to time: another one stops whoever reads or writes it, and no such topic is made again.
 */
import { TOPICS } from '@tenon/contracts';
import type { Offset, Offsets, Partition } from '@tenon/domain';
import type { ShortPartition } from '@tenon/errors';
import { LogReplaced, LogTooShort, isPassing } from '@tenon/errors';
import type {
  AppendOptions,
  Clock,
  ConsumeOptions,
  EventLog,
  LogConsumer,
  LogRecord,
  Logger,
  NewRecord,
  ReadOptions,
  TopicBook,
  TopicSpec,
} from '@tenon/ports';

export interface KnownLogDeps {
  readonly book: TopicBook;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
  /** Ids of topics that an operator says go on where the ones before ended. */
  readonly accepted?: readonly string[];
}

/** All but topics of events goes through as it is. Methods throw `LogReplaced` besides what the log throws. */
export const createKnownLog = (log: EventLog, deps: KnownLogDeps): EventLog => new KnownLog(log, deps);

/** How old the last look may be, milliseconds. */
const LOOK_EVERY_MS = 2000;

const EVENTS = TOPICS.events('');
const isEvents = (topic: string) => topic.startsWith(EVENTS);

class KnownLog implements EventLog {
  private readonly ids = new Map<string, string>();
  private readonly lookedAt = new Map<string, number>();
  private readonly looks = new Map<string, Promise<void>>();
  /** Topic → partition → the highest offset that an append was told. */
  private readonly highest = new Map<string, Map<Partition, Offset>>();

  constructor(
    private readonly log: EventLog,
    private readonly deps: KnownLogDeps,
  ) {}

  async ensureTopic(spec: TopicSpec): Promise<void> {
    if (!isEvents(spec.name)) return this.log.ensureTopic(spec);
    await this.lookNow(spec.name);
    await this.log.ensureTopic(spec);
    if (this.ids.has(spec.name)) return;
    const id = await this.log.topicId(spec.name);
    if (id === null) return;
    const noted = await this.deps.book.note(spec.name, id);
    if (noted !== id) throw new LogReplaced(spec.name, noted, id);
    this.ids.set(spec.name, id);
  }

  async hasTopic(name: string): Promise<boolean> {
    if (isEvents(name)) await this.lookNow(name);
    return this.log.hasTopic(name);
  }

  topicId(name: string): Promise<string | null> {
    return this.log.topicId(name);
  }

  append(topic: string, records: readonly NewRecord[], options?: AppendOptions): Promise<Offset[]> {
    if (!isEvents(topic)) return this.log.append(topic, records, options);
    return this.guarded(topic, () => this.appendEvents(topic, records, options));
  }

  startOffsets(topic: string): Promise<Record<string, Offset>> {
    return this.guarded(topic, () => this.log.startOffsets(topic));
  }

  endOffsets(topic: string): Promise<Record<string, Offset>> {
    return this.guarded(topic, () => this.log.endOffsets(topic));
  }

  /** What is due to be looked at has to be asked. */
  endOffsetsNow(topic: string): Readonly<Record<string, Offset>> | undefined {
    return isEvents(topic) && this.isDue(topic) ? undefined : this.log.endOffsetsNow?.(topic);
  }

  read(
    topic: string,
    partition: Partition,
    from: Offset,
    options?: ReadOptions,
  ): Promise<readonly LogRecord[]> {
    return this.guarded(topic, () => this.log.read(topic, partition, from, options));
  }

  async consume(options: ConsumeOptions): Promise<LogConsumer> {
    const { topic } = options;
    if (!isEvents(topic)) return this.log.consume(options);
    await this.lookNow(topic);
    const consumer = await this.guarded(topic, () => this.log.consume(options));
    return {
      poll: async (asked) => {
        const polled = await this.guarded(topic, () => consumer.poll(asked));
        // The end of another topic is likely to lie elsewhere.
        if (polled.displaced !== undefined) await this.lookNow(topic);
        return polled;
      },
      seek: (partition, offset) => consumer.seek(partition, offset),
      close: () => consumer.close(),
    };
  }

  deleteBefore(topic: string, offsets: Offsets): Promise<void> {
    return this.log.deleteBefore(topic, offsets);
  }

  close(): Promise<void> {
    return this.log.close();
  }

  /**
   * An offset at or below one that was told before the call began is of another topic, or of one that lost what it had
   * acknowledged: between two looks too. The first of a partition has none to be compared with, so it is told once the topic was
   * looked at behind it.
   */
  private async appendEvents(
    topic: string,
    records: readonly NewRecord[],
    options?: AppendOptions,
  ): Promise<Offset[]> {
    const highest = this.highest.get(topic) ?? new Map<Partition, Offset>();
    this.highest.set(topic, highest);
    const before = new Map(records.map(({ partition }) => [partition, highest.get(partition) ?? -1]));
    const offsets = await this.log.append(topic, records, options);
    const back = new Map<Partition, ShortPartition>();
    const isFirst = [...before.values()].includes(-1);
    records.forEach(({ partition }, index) => {
      const offset = offsets[index] ?? 0;
      const last = before.get(partition) ?? -1;
      if (offset <= last && !back.has(partition))
        back.set(partition, { partition, end: offset, held: last + 1 });
    });
    if (isFirst || back.size > 0) {
      // One that is under way may have begun before the append.
      await this.looks.get(topic)?.catch(() => undefined);
      await this.lookNow(topic);
    }
    // What another topic gave is nothing to compare with.
    records.forEach(({ partition }, index) => {
      const offset = offsets[index] ?? 0;
      if (offset > (highest.get(partition) ?? -1)) highest.set(partition, offset);
    });
    if (back.size > 0) throw new LogTooShort(topic, [...back.values()]);
    return offsets;
  }

  /** An error may be of the topic being another: then that is the error. */
  private async guarded<T>(topic: string, work: () => Promise<T>): Promise<T> {
    if (!isEvents(topic)) return work();
    await this.look(topic);
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) && !(error instanceof LogReplaced))
        await this.lookNow(topic).catch((found: unknown) => {
          // With the book away nobody knows whether it is another: that error can pass, and what is wrong is seen again.
          if (found instanceof LogReplaced || isPassing(found)) throw found;
        });
      throw error;
    }
  }

  private async look(topic: string): Promise<void> {
    if (this.isDue(topic)) await this.lookNow(topic);
  }

  private isDue(topic: string): boolean {
    const at = this.lookedAt.get(topic);
    return at === undefined || this.deps.clock.monotonic() - at >= LOOK_EVERY_MS;
  }

  /** @throws LogReplaced; what the log and the book throw */
  private lookNow(topic: string): Promise<void> {
    let look = this.looks.get(topic);
    if (look === undefined) {
      look = this.compare(topic).finally(() => this.looks.delete(topic));
      this.looks.set(topic, look);
    }
    return look;
  }

  private async compare(topic: string): Promise<void> {
    const { book, clock, logger, accepted = [] } = this.deps;
    const was = this.ids.get(topic) ?? (await book.idOf(topic));
    if (was !== undefined) {
      this.ids.set(topic, was);
      const is = await this.log.topicId(topic);
      if (is !== was) {
        this.ids.delete(topic);
        this.lookedAt.delete(topic);
        if (is === null || (!accepted.includes(is) && (await book.idOf(topic)) !== is))
          throw new LogReplaced(topic, was, is);
        await book.replace(topic, is);
        this.ids.set(topic, is);
        this.highest.delete(topic);
        logger.warn({ topic, was, is }, 'another topic is taken for the one before: its offsets are trusted');
      }
    }
    this.lookedAt.set(topic, clock.monotonic());
  }
}
