/**
 * A log whose topics of events reach what was counted of them. One that was put back from an older copy, or has lost its end, gives
 * offsets anew that stand for other events in store, archive and receipts. So nothing is appended to it, and nothing of such a
 * partition is read, until it has again what it had.
 */
import { TOPICS } from '@tenon/contracts';
import type { Offset, Offsets, Partition } from '@tenon/domain';
import type { ShortPartition } from '@tenon/errors';
import { LogTooShort } from '@tenon/errors';
import type { AppendOptions, Clock, ConsumeOptions, EventLog, LogConsumer, NewRecord } from '@tenon/ports';
import { WholeConsumer } from './whole-consumer';

export interface WholeLogDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Asked until all is known, and not again, since what is counted later was read from this log. */
  readonly held: (topic: string) => Promise<HeldOfTopic>;
}

/** What is known to have stood in a topic. */
export interface HeldOfTopic {
  /** Partition → the offset behind it. */
  readonly ends: Offsets;
  /** False: somebody who may know more can't be asked yet. */
  readonly isAll: boolean;
}

/** All but topics of events goes through as it is. `append` and `hasTopic` throw `LogTooShort` besides what the log throws. */
export function createWholeLog(log: EventLog, deps: WholeLogDeps): EventLog {
  const ends = new KnownEnds(log, deps);
  return {
    ensureTopic: (spec) => log.ensureTopic(spec),
    hasTopic: async (name) => {
      if (isEvents(name)) await ends.look(name);
      return log.hasTopic(name);
    },
    topicId: (name) => log.topicId(name),
    append: async (topic: string, records: readonly NewRecord[], options?: AppendOptions) => {
      if (!isEvents(topic)) return log.append(topic, records, options);
      if (ends.isDue(topic)) await ends.look(topic);
      const offsets = await log.append(topic, records, options);
      records.forEach(({ partition }, at) => ends.raise(topic, partition, (offsets[at] ?? -1) + 1));
      return offsets;
    },
    startOffsets: (topic) => log.startOffsets(topic),
    endOffsets: (topic) => log.endOffsets(topic),
    endOffsetsNow: (topic) => log.endOffsetsNow?.(topic),
    read: (topic, partition, from, options) => log.read(topic, partition, from, options),
    consume: (options) => consume(log, ends, options),
    deleteBefore: (topic, offsets) => log.deleteBefore(topic, offsets),
    close: () => log.close(),
  };
}

/** How old the last look may be before an append, milliseconds. */
const LOOK_EVERY_MS = 2000;

const EVENTS = TOPICS.events('');
const isEvents = (topic: string) => topic.startsWith(EVENTS);

async function consume(log: EventLog, ends: KnownEnds, options: ConsumeOptions): Promise<LogConsumer> {
  const { topic } = options;
  if (!isEvents(topic)) return log.consume(options);
  const shortOf = async (partition: Partition) =>
    (await ends.short(topic)).find((one) => one.partition === partition);
  const startOf = async (partition: Partition) => (await log.startOffsets(topic))[String(partition)] ?? 0;
  const whole = new WholeConsumer(shortOf, startOf, options.startAt);
  whole.consumer = await log.consume({ ...options, startAt: (partition) => whole.startAt(partition) });
  return whole;
}

/** How far each topic is known to have reached, by what was counted of it and by what this process has seen. */
class KnownEnds {
  private readonly known = new Map<string, Map<Partition, Offset>>();
  private readonly lookedAt = new Map<string, number>();
  private readonly looks = new Map<string, Promise<ShortPartition[]>>();
  private readonly told = new Set<string>();

  constructor(
    private readonly log: Pick<EventLog, 'endOffsets'>,
    private readonly deps: WholeLogDeps,
  ) {}

  isDue(topic: string): boolean {
    const at = this.lookedAt.get(topic);
    return at === undefined || this.deps.clock.monotonic() - at >= LOOK_EVERY_MS;
  }

  raise(topic: string, partition: Partition, end: Offset): void {
    const ends = this.endsOf(topic);
    if (end > (ends.get(partition) ?? 0)) ends.set(partition, end);
  }

  /** @throws LogTooShort */
  async look(topic: string): Promise<void> {
    const short = await this.short(topic);
    if (short.length > 0) throw new LogTooShort(topic, short);
  }

  /** The partitions that end too early, now. */
  short(topic: string): Promise<ShortPartition[]> {
    let look = this.looks.get(topic);
    if (look === undefined) {
      look = this.compare(topic).finally(() => this.looks.delete(topic));
      this.looks.set(topic, look);
    }
    return look;
  }

  private async compare(topic: string): Promise<ShortPartition[]> {
    if (!this.told.has(topic)) {
      const held = await this.deps.held(topic);
      for (const [partition, end] of Object.entries(held.ends)) this.raise(topic, Number(partition), end);
      if (held.isAll) this.told.add(topic);
    }
    const known = new Map(this.endsOf(topic));
    const ends = await this.log.endOffsets(topic);
    const short = Object.entries(ends).flatMap(([key, end]) => {
      const held = known.get(Number(key)) ?? 0;
      if (end < held) return [{ partition: Number(key), end, held }];
      this.raise(topic, Number(key), end);
      return [];
    });
    if (short.length > 0) this.lookedAt.delete(topic);
    else this.lookedAt.set(topic, this.deps.clock.monotonic());
    return short;
  }

  private endsOf(topic: string): Map<Partition, Offset> {
    const ends = this.known.get(topic) ?? new Map<Partition, Offset>();
    if (ends.size === 0) this.known.set(topic, ends);
    return ends;
  }
}
