import type { LaneOffsets, OffsetVector } from '@tenon/domain';
import { laneKey, parseLane, toLanes } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { ProductLayout } from '@tenon/views';

/** Of a receipt, what the product reads. @throws HttpProblem 400 for a partition that its sources do not have */
export function wantedLanes({ sources, lanes }: ProductLayout, receipt: OffsetVector): LaneOffsets {
  const read = Object.entries(receipt).filter(([source]) => sources.includes(source));
  const wanted = toLanes(Object.fromEntries(read));
  const known = new Set(lanes.map(({ source, partition }) => laneKey(source, partition)));
  const unknown = Object.keys(wanted).find((lane) => !known.has(lane));
  if (unknown === undefined) return wanted;
  const { source, partition } = parseLane(unknown);
  throw new HttpProblem(
    400,
    'bad-parameter',
    `after names partition ${partition} of ${source}, which does not exist.`,
    { parameter: 'after' },
  );
}
