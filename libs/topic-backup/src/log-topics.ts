/** Topics of a log that is reached by its port, such as the embedded one: records have what that port has of them. */
import { logTime } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type {
  EventLog,
  LogRecord,
  NewRawRecord,
  NewRecord,
  RawHeader,
  RawRange,
  RawRead,
  RawRecord,
  RawTopics,
} from '@tenon/ports';

export interface LogTopicsOptions {
  readonly name: string;
  readonly log: EventLog;
  /** All topics that there are. */
  readonly list: () => Promise<readonly string[]>;
}

const READ_BYTES = 4 * 1024 * 1024;

export function createLogTopics({ name, log, list }: LogTopicsOptions): RawTopics {
  const ranges = async (topic: string): Promise<Record<string, RawRange>> => {
    const [starts, ends] = await Promise.all([log.startOffsets(topic), log.endOffsets(topic)]);
    return Object.fromEntries(
      Object.entries(ends).map(([id, end]) => [id, { start: starts[id] ?? 0, end, highWatermark: end }]),
    );
  };
  const read = async (topic: string, partition: number, from: number, end: number): Promise<RawRead> => {
    const found = await log.read(topic, partition, from, { maxBytes: READ_BYTES });
    const records = found.filter(({ offset }) => offset < end).map(rawOf);
    const first = found[0]?.offset;
    const last = records.at(-1);
    const start = (await log.startOffsets(topic))[String(partition)] ?? 0;
    if (first === undefined || first > from) {
      const next = Math.min(end, Math.max(start, first ?? start));
      if (next <= from)
        throw new TenonError('log-shorter', `Partition ${partition} of ${topic} ends before ${end} now.`);
      return { records, holes: [{ from, to: next, reason: 'deleted' }], next: last ? last.offset + 1 : next };
    }
    return { records, holes: [], next: (last?.offset ?? end - 1) + 1 };
  };
  return {
    name,
    list: async (prefix) => (await list()).filter((topic) => topic.startsWith(prefix)),
    describe: async (topic) => {
      const id = await log.topicId(topic);
      if (id === null) return null;
      return { name: topic, id, partitions: Object.keys(await log.endOffsets(topic)).length, config: {} };
    },
    ranges,
    offsetsAt: async (topic, timestamp) => {
      const found: Record<string, number> = {};
      for (const [id, { start, end }] of Object.entries(await ranges(topic)))
        found[id] = await firstAt(log, topic, Number(id), start, end, timestamp);
      return found;
    },
    read,
    groups: async () => [],
    create: (topic, partitions) => log.ensureTopic({ name: topic, partitions }),
    append: async (topic, partition, records) => {
      const offsets = await log.append(
        topic,
        records.map((record) => newRecordOf(partition, record)),
      );
      return offsets[0] as number;
    },
    refusal: refusalOf,
    settle: async () => undefined,
    commitGroup: async () => {
      throw new TenonError('no-groups', `${name} keeps no offsets of consumer groups.`);
    },
    close: () => log.close(),
  };
}

/** Timestamps need not be in order, so it is looked at from the start. */
async function firstAt(
  log: EventLog,
  topic: string,
  partition: number,
  start: number,
  end: number,
  timestamp: number,
): Promise<number> {
  for (let from = start; from < end;) {
    const records = await log.read(topic, partition, from, { maxBytes: READ_BYTES });
    const found = records.find((record) => record.timestamp >= timestamp);
    if (found !== undefined) return found.offset;
    const last = records.at(-1);
    if (last === undefined) break;
    from = last.offset + 1;
  }
  return end;
}

export function rawOf(record: LogRecord): RawRecord {
  const { offset, timestamp, key, value } = record;
  const headers: RawHeader[] = Object.keys(record.headers()).map((name) => ({
    name,
    value: record.headerBytes(name) ?? null,
  }));
  return { offset, timestamp, key, value, headers };
}

function newRecordOf(partition: number, { timestamp, key, value, headers }: NewRawRecord): NewRecord {
  return {
    partition,
    key,
    value: value as Uint8Array,
    timestamp,
    headers: Object.fromEntries(
      headers.map((header) => [header.name, Buffer.from(header.value as Uint8Array).toString('utf8')]),
    ),
  };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function refusalOf({ timestamp, value, headers }: NewRawRecord): string | null {
  if (value === null) return 'a null value (tombstone)';
  if (timestamp < 0 || logTime(timestamp) !== timestamp) return `the timestamp ${timestamp}`;
  const names = new Set<string>();
  for (const header of headers) {
    if (names.has(header.name)) return `the header ${JSON.stringify(header.name)} twice`;
    // An object has such names in another order.
    if (/^\d+$/.test(header.name)) return `the header ${JSON.stringify(header.name)}, a number`;
    if (header.value === null) return `the header ${JSON.stringify(header.name)} without a value`;
    if (!isUtf8(header.value)) return `the header ${JSON.stringify(header.name)}, which is no text`;
    names.add(header.name);
  }
  return null;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    UTF8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
