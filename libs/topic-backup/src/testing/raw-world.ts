/** Topics in memory that hold whatever Kafka holds, with holes, groups and faults. */
import type {
  GroupOffsets,
  Hole,
  NewRawRecord,
  RawRange,
  RawRead,
  RawRecord,
  RawTopics,
  TopicFacts,
} from '@tenon/ports';

interface WorldTopic {
  readonly id: string;
  readonly partitions: RawRecord[][];
  readonly ends: number[];
  config: Readonly<Record<string, string>>;
  readonly groups: Map<string, Readonly<Record<string, number>>>;
}

/** Records of one read: small, so that there are many. */
const READ = 3;

export class RawWorld implements RawTopics {
  readonly name = 'memory';
  readonly topics = new Map<string, WorldTopic>();
  /** Throw from here to make a step fail. */
  step: (what: 'read' | 'append') => void = () => undefined;
  private made = 0;

  add(topic: string, partitions: number): WorldTopic {
    const made: WorldTopic = {
      id: `id-${this.made++}`,
      partitions: Array.from({ length: partitions }, () => []),
      ends: Array.from({ length: partitions }, () => 0),
      config: {},
      groups: new Map(),
    };
    this.topics.set(topic, made);
    return made;
  }

  get(topic: string): WorldTopic {
    return this.topics.get(topic) as WorldTopic;
  }

  /** @param skip offsets that have no record before it */
  put(topic: string, partition: number, record: NewRawRecord, skip = 0): number {
    const { partitions, ends } = this.get(topic);
    const offset = (ends[partition] ?? 0) + skip;
    partitions[partition]?.push({ ...record, offset });
    ends[partition] = offset + 1;
    return offset;
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.topics.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  async describe(topic: string): Promise<TopicFacts | null> {
    const found = this.topics.get(topic);
    if (found === undefined) return null;
    return { name: topic, id: found.id, partitions: found.partitions.length, config: found.config };
  }

  async ranges(topic: string): Promise<Record<string, RawRange>> {
    const ranges = this.get(topic).ends.map((end) => ({ start: 0, end, highWatermark: end }));
    return Object.fromEntries(ranges.map((range, partition) => [String(partition), range]));
  }

  async offsetsAt(topic: string, timestamp: number): Promise<Record<string, number>> {
    const { partitions, ends } = this.get(topic);
    return Object.fromEntries(
      partitions.map((records, partition) => [
        String(partition),
        records.find((record) => record.timestamp >= timestamp)?.offset ?? ends[partition] ?? 0,
      ]),
    );
  }

  async read(topic: string, partition: number, from: number, end: number): Promise<RawRead> {
    this.step('read');
    const all = this.get(topic).partitions[partition] ?? [];
    const records = all.filter(({ offset }) => offset >= from && offset < end).slice(0, READ);
    const next = records.length < READ ? end : (records.at(-1)?.offset ?? end) + 1;
    const holes: Hole[] = [];
    let at = from;
    for (const { offset } of [...records, { offset: next }]) {
      if (offset > at) holes.push({ from: at, to: offset, reason: 'compaction' });
      at = offset + 1;
    }
    return { records, holes, next };
  }

  async groups(topic: string): Promise<GroupOffsets[]> {
    return [...this.get(topic).groups].map(([group, offsets]) => ({ group, offsets }));
  }

  async create(topic: string, partitions: number): Promise<void> {
    if (!this.topics.has(topic)) this.add(topic, partitions);
  }

  async append(topic: string, partition: number, records: readonly NewRawRecord[]): Promise<number> {
    this.step('append');
    return records.map((record) => this.put(topic, partition, record))[0] as number;
  }

  refusal(): string | null {
    return null;
  }

  async settle(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    this.get(topic).config = config;
  }

  async commitGroup(topic: string, { group, offsets }: GroupOffsets): Promise<void> {
    this.get(topic).groups.set(group, offsets);
  }

  async close(): Promise<void> {}
}
