/** Committed offsets of before, as offsets of now. */
import type { GroupOffsets, RawRecord } from '@tenon/ports';

/**
 * What a group reads next in a new partition is the first record there that it had not read: nothing is passed over. Where the
 * partitions are the same ones that is exact; where records were partitioned anew, some may be read twice.
 */
export class GroupTranslation {
  private readonly found: Map<number, number>[];

  constructor(private readonly groups: readonly GroupOffsets[]) {
    this.found = groups.map(() => new Map<number, number>());
  }

  /** To be told of each record, in the order of the new partition. */
  record(
    { offset }: Pick<RawRecord, 'offset'>,
    partition: number,
    newPartition: number,
    newOffset: number,
  ): void {
    for (let index = 0; index < this.groups.length; index++) {
      const found = this.found[index] as Map<number, number>;
      if (found.has(newPartition)) continue;
      if (offset >= (this.groups[index]?.offsets[String(partition)] ?? 0)) found.set(newPartition, newOffset);
    }
  }

  /**
   * @param ends of the new partitions
   * @param same the partitions are those of before: only what was committed is translated
   */
  offsets(ends: readonly number[], same: boolean): GroupOffsets[] {
    return this.groups.map(({ group, offsets }, index) => {
      const found = this.found[index] as Map<number, number>;
      const translated = ends
        .map((end, partition) => [String(partition), found.get(partition) ?? end] as const)
        .filter(([partition]) => !same || offsets[partition] !== undefined);
      return { group, offsets: Object.fromEntries(translated) };
    });
  }
}
