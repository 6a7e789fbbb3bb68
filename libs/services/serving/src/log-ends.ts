/** Where the log of a product's sources ends. */
import { TOPICS } from '@tenon/contracts';
import type { LaneKey, LaneOffsets, Offset, Offsets } from '@tenon/domain';
import { laneKey } from '@tenon/domain';
import type { EventLog } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { Gathered } from './gathered';

export class LogEnds {
  private readonly gathered = new Gathered(() => this.read());
  private last: LaneOffsets = {};
  private asked: readonly Offsets[] = [];
  private readonly topics: readonly string[];

  constructor(
    private readonly log: Pick<EventLog, 'endOffsets' | 'endOffsetsNow'>,
    private readonly layout: Pick<ProductLayout, 'sources' | 'lanes'>,
  ) {
    this.topics = layout.sources.map((source) => TOPICS.events(source));
  }

  /**
   * Asked while the store is read: what was acknowledged before is included or counted as behind. Null if the log can't be
   * asked. The same object as before as long as nothing is appended.
   */
  ask(): LaneOffsets | Promise<LaneOffsets | null> {
    return this.now() ?? this.gathered.ask();
  }

  /** The same where the log need not be asked for it. */
  now(): LaneOffsets | undefined {
    const { topics, log } = this;
    if (log.endOffsetsNow === undefined) return undefined;
    const [topic = ''] = topics;
    const first = log.endOffsetsNow(topic);
    if (topics.length === 1) return first && this.taken([first]);
    const all = [first, ...topics.slice(1).map((one) => log.endOffsetsNow?.(one))];
    return all.every((one) => one !== undefined) ? this.taken(all) : undefined;
  }

  private async read(): Promise<LaneOffsets | null> {
    const { topics } = this;
    try {
      const asked =
        topics.length === 1
          ? [await this.log.endOffsets(topics[0] as string)]
          : await Promise.all(topics.map((topic) => this.log.endOffsets(topic)));
      return this.taken(asked);
    } catch {
      return null;
    }
  }

  private taken(asked: readonly Offsets[]): LaneOffsets {
    for (let at = 0; at < asked.length; at++)
      if (!isSame(this.asked[at], asked[at] as Offsets)) return this.changed(asked);
    return this.last;
  }

  private changed(asked: readonly Offsets[]): LaneOffsets {
    const { sources, lanes } = this.layout;
    const ends: Record<LaneKey, Offset> = {};
    // Partitions that others have added to a topic are nobody's.
    for (const { source, partition } of lanes) {
      const end = asked[sources.indexOf(source)]?.[String(partition)];
      if (end !== undefined) ends[laneKey(source, partition)] = end;
    }
    this.asked = asked;
    this.last = ends;
    return ends;
  }
}

function isSame(before: Offsets | undefined, now: Offsets): boolean {
  if (before === now) return true;
  if (before === undefined) return false;
  let count = 0;
  for (const partition in now) {
    if (before[partition] !== now[partition]) return false;
    count += 1;
  }
  return count === Object.keys(before).length;
}
