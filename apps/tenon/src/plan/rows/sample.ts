/** Which records of the archive both SELECTs are held against: all below a cut, or the newest of them within a bound. Pure. */
import { spansOf } from '@tenon/archive';
import type { ArchiveAnswer } from '@tenon/composition';
import type { Offset, Offsets, Partition } from '@tenon/domain';

export type ArchivedFile = ArchiveAnswer['partitions'][number]['files'][number];

export interface SampledRange {
  readonly partition: Partition;
  readonly from: Offset;
  readonly to: Offset;
  readonly files: readonly ArchivedFile[];
}

export interface Sample {
  /** `all`: from the first record to the cut, so what is served as of it has the same. `newest`: the newest below it. */
  readonly kind: 'all' | 'newest';
  /** Records of the sample, and of the log below the cut; barriers too. */
  readonly records: number;
  readonly of: number;
  /** Of the files that are read. */
  readonly bytes: number;
  readonly ranges: readonly SampledRange[];
}

interface Lane {
  readonly partition: Partition;
  readonly to: Offset;
  /** Those that join on to the cut without a gap. */
  readonly files: readonly ArchivedFile[];
  taken: number;
}

/**
 * The newest files of each lane in turn, as long as they are within the bound.
 *
 * @param cut where each partition's sample ends
 * @returns null where the archive does not reach up to the cut
 */
export function sampleOf(
  { partitions }: Pick<ArchiveAnswer, 'partitions'>,
  cut: Offsets,
  mostBytes: number,
): Sample | null {
  const lanes: Lane[] = [];
  for (const [partition, to] of Object.entries(cut)) {
    if (to === 0) continue;
    const known = partitions.find((one) => String(one.partition) === partition)?.files ?? [];
    const files = joining(known.filter(({ from }) => from < to));
    if ((files.at(-1)?.to ?? 0) < to) return null;
    lanes.push({ partition: Number(partition), to, files, taken: 0 });
  }
  const bytes = takeNewest(lanes, mostBytes);
  const ranges = lanes.flatMap(({ partition, to, files, taken }) => {
    const [first, ...more] = files.slice(files.length - taken);
    return first === undefined
      ? []
      : spansOf([first, ...more], first.from, to).map((one) => ({ partition, ...one }));
  });
  const records = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const of = lanes.reduce((sum, { to }) => sum + to, 0);
  return { kind: records === of ? 'all' : 'newest', records, of, bytes, ranges };
}

/** Files of before a gap say nothing of what follows it. */
function joining(files: readonly ArchivedFile[]): readonly ArchivedFile[] {
  let begin = 0;
  let next = files[0]?.from ?? 0;
  for (const [index, { from, to }] of files.entries()) {
    if (from > next) begin = index;
    next = Math.max(next, to);
  }
  return files.slice(begin);
}

function takeNewest(lanes: readonly Lane[], mostBytes: number): number {
  let bytes = 0;
  for (let open = [...lanes]; open.length > 0;) {
    open = open.filter((lane) => {
      const file = lane.files.at(-1 - lane.taken);
      if (file === undefined || bytes + file.bytes > mostBytes) return false;
      bytes += file.bytes;
      lane.taken += 1;
      return true;
    });
  }
  return bytes;
}
