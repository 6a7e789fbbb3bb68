/** Topics whose older part is kept elsewhere: what the log has let go is read from there, at the same offsets, as of one topic. */
import { TenonError } from '@tenon/errors';
import type { OlderRecords, RawRange, RawRead, RawTopics } from '@tenon/ports';
import { rawOf } from './log-topics';

export interface OlderTopics {
  readonly records: OlderRecords;
  /** Partition → the first offset that is kept there; nothing of topics that are not. */
  starts(topic: string): Promise<Readonly<Record<string, number>>>;
}

export function withOlder(topics: RawTopics, older: OlderTopics): RawTopics {
  const ranges = async (topic: string): Promise<Record<string, RawRange>> => {
    const [log, starts] = await Promise.all([topics.ranges(topic), older.starts(topic)]);
    return Object.fromEntries(
      Object.entries(log).map(([id, range]) => [
        id,
        { ...range, start: Math.min(range.start, starts[id] ?? range.start) },
      ]),
    );
  };

  /** Up to where the log goes on. What neither has is a hole, as it is of a log alone. */
  async function readOlder(topic: string, partition: number, from: number, end: number): Promise<RawRead> {
    for await (const part of older.records.read(topic, partition, from)) {
      const records = part.records.filter(({ offset }) => offset < end).map(rawOf);
      if (records.length === 0 && part.next <= from) continue;
      const next = Math.min(end, part.next);
      return {
        records,
        holes: gapsOf(
          records.map(({ offset }) => offset),
          from,
          next,
        ),
        next,
      };
    }
    const start = (await topics.ranges(topic))[String(partition)]?.start ?? end;
    const next = Math.min(end, start);
    if (next <= from)
      throw new TenonError('log-shorter', `Partition ${partition} of ${topic} ends before ${end} now.`);
    return { records: [], holes: [{ from, to: next, reason: 'deleted' }], next };
  }

  return {
    name: topics.name,
    list: (prefix) => topics.list(prefix),
    describe: (topic) => topics.describe(topic),
    ranges,
    offsetsAt: async (topic, timestamp) => {
      const [found, log, all] = await Promise.all([
        topics.offsetsAt(topic, timestamp),
        topics.ranges(topic),
        ranges(topic),
      ]);
      const entries = Object.entries(all).map(async ([id, { start }]): Promise<[string, number]> => {
        const kept = log[id]?.start ?? start;
        if (start >= kept) return [id, found[id] ?? start];
        return [
          id,
          (await firstAt(older.records, topic, Number(id), start, kept, timestamp)) ?? found[id] ?? kept,
        ];
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    read: async (topic, partition, from, end) => {
      const start = (await topics.ranges(topic))[String(partition)]?.start ?? 0;
      return from < start
        ? readOlder(topic, partition, from, Math.min(end, start))
        : topics.read(topic, partition, from, end);
    },
    groups: (topic) => topics.groups(topic),
    create: (topic, partitions, replication) => topics.create(topic, partitions, replication),
    append: (topic, partition, records) => topics.append(topic, partition, records),
    refusal: (record) => topics.refusal(record),
    settle: (topic, config) => topics.settle(topic, config),
    commitGroup: (topic, group) => topics.commitGroup(topic, group),
    close: () => topics.close(),
  };
}

/** What a part passes over without a record: marks of transactions that others wrote, or what was lost. */
function gapsOf(offsets: readonly number[], from: number, next: number): RawRead['holes'] {
  const holes: { from: number; to: number; reason: 'deleted' }[] = [];
  let at = from;
  for (const offset of [...offsets, next]) {
    if (offset > at) holes.push({ from: at, to: offset, reason: 'deleted' });
    at = offset + 1;
  }
  return holes;
}

/** Timestamps need not be in order. @returns undefined if there is none before `end` */
async function firstAt(
  records: OlderRecords,
  topic: string,
  partition: number,
  from: number,
  end: number,
  timestamp: number,
): Promise<number | undefined> {
  for await (const part of records.read(topic, partition, from)) {
    const found = part.records.find((record) => record.timestamp >= timestamp);
    if (found !== undefined) return found.offset < end ? found.offset : undefined;
    if (part.next >= end) return undefined;
  }
  return undefined;
}
