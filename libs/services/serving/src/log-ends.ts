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

  constructor(
    private readonly log: Pick<EventLog, 'endOffsets'>,
    private readonly layout: Pick<ProductLayout, 'sources' | 'lanes'>,
  ) {}

  /**
   * Asked while the store is read: what was acknowledged before is included or counted as behind. Null if the log can't be
   * asked. The same object as before as long as nothing is appended.
   */
  ask(): Promise<LaneOffsets | null> {
    return this.gathered.ask();
  }

  private async read(): Promise<LaneOffsets | null> {
    const { sources, lanes } = this.layout;
    try {
      const asked = await Promise.all(sources.map((source) => this.log.endOffsets(TOPICS.events(source))));
      if (asked.length === this.asked.length && asked.every((one, at) => isSame(this.asked[at]!, one)))
        return this.last;
      const ends: Record<LaneKey, Offset> = {};
      // Partitions that others have added to a topic are nobody's.
      for (const { source, partition } of lanes) {
        const end = asked[sources.indexOf(source)]?.[String(partition)];
        if (end !== undefined) ends[laneKey(source, partition)] = end;
      }
      this.asked = asked.map((one) => ({ ...one }));
      this.last = ends;
      return this.last;
    } catch {
      return null;
    }
  }
}

function isSame(before: Offsets, now: Offsets): boolean {
  let count = 0;
  for (const partition in now) {
    if (before[partition] !== now[partition]) return false;
    count += 1;
  }
  return count === Object.keys(before).length;
}
