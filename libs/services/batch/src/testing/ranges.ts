/** Reads back the ranges that batch wrote. */
import type { CommitMessage, SliceFrame } from '@tenon/contracts';
import { isUnreadable, readFrame } from '@tenon/contracts';
import type { MemoryLog } from '@tenon/testing';

export const RANGES = 'tenon.ranges.per_shop.1';

export interface WrittenFrame {
  readonly partition: number;
  readonly message: SliceFrame;
  /** `<shop> <hour>` of each cell. */
  readonly cells: readonly string[];
}

export interface WrittenRange {
  readonly frames: readonly WrittenFrame[];
  /** Of all slices: `<shop> <hour>` → count. */
  readonly cells: Readonly<Record<string, number>>;
  readonly commit: CommitMessage | null;
  readonly commits: readonly CommitMessage[];
}

/** What stands in the topic, the first partition's first. @throws Error if a cell comes twice */
export function readRange(log: MemoryLog): WrittenRange {
  const frames: WrittenFrame[] = [];
  const commits: CommitMessage[] = [];
  const cells: Record<string, number> = {};
  (log.topics.get(RANGES) ?? []).forEach((records, partition) => {
    for (const { value } of records) {
      const read = readFrame(value);
      if (isUnreadable(read) || read.message.type === 'flush') throw new Error('no frame of a range');
      if (read.message.type === 'commit') {
        commits.push(read.message);
        continue;
      }
      const names = read.cells.map(({ key, states }) => {
        const [window, shop] = JSON.parse(key) as [string, string];
        const name = `${shop} ${window.slice(11, 13)}`;
        if (name in cells) throw new Error(`${name} came twice`);
        cells[name] = (JSON.parse(states) as [number])[0];
        return name;
      });
      frames.push({ partition, message: read.message, cells: names });
    }
  });
  return { frames, cells, commit: commits.at(-1) ?? null, commits };
}
