/** What stands in a topic, against what was to stand there. */
import type { CertifiedPartition } from './certificate';
import type { Segment } from './record-digest';
import { SegmentDigests, digestOfSegments } from './record-digest';
import type { RestoreDeps } from './restore';
import { sideBySide } from './side-by-side';

export async function readBack(
  { topics, signal, progress }: RestoreDeps,
  topic: string,
  segments: readonly (readonly Segment[])[],
  parallel: number,
): Promise<CertifiedPartition[]> {
  const ranges = await topics.ranges(topic);
  const certified: CertifiedPartition[] = [];
  const partitions = segments.map((wanted, partition) => ({ partition, wanted }));
  await sideBySide(partitions, parallel, signal, async ({ partition, wanted }, ending) => {
    const digests = new SegmentDigests(wanted.map(({ records }) => records));
    const { start = 0, highWatermark: end = 0 } = ranges[String(partition)] ?? {};
    let found = 0;
    for (let from = start; from < end && !ending.aborted;) {
      const read = await topics.read(topic, partition, from, end);
      for (const record of read.records) digests.add(record);
      found += read.records.length;
      progress.add(read.records.length);
      from = read.next;
    }
    const dumped = digestOfSegments(wanted.map(({ digest }) => digest));
    const restored = digestOfSegments(digests.end());
    const records = wanted.reduce((sum, one) => sum + one.records, 0);
    const equal = restored === dumped && found === records;
    certified[partition] = { partition, records, found, dumped, restored, equal };
  });
  return certified;
}
