/** The deployment's one counter of epochs, as `tenon.cuts` tells it. */
import type { CutRecord } from '@tenon/contracts';
import { TOPICS, cutOf, mustRead } from '@tenon/contracts';
import type { Epoch, Offset } from '@tenon/domain';
import type { EventLog } from '@tenon/ports';

export interface CutHistory {
  /** The highest number that was ever taken; 0 if none. A cut that was only begun has taken its number too. */
  readonly taken: Epoch;
  /** The latest cut of which every partition has its barrier. */
  readonly written: CutRecord | null;
}

/** Numbers only grow, apart from what two writers at a time may have left; this many records hold the highest. */
const TAIL = 1_000;

/**
 * @param tail how many records are looked at
 * @param strange told of the offsets of those that are no cuts
 */
export async function readCutHistory(
  log: EventLog,
  tail = TAIL,
  strange?: (offset: Offset) => void,
): Promise<CutHistory> {
  let taken: Epoch = 0;
  let written: CutRecord | null = null;
  for (const { cut } of await readTail(log, tail, strange)) {
    taken = Math.max(taken, cut.epoch);
    if (cut.type === 'written' && cut.epoch >= (written?.epoch ?? 0)) written = cut;
  }
  return { taken, written };
}

/** More records than other processes write while one cut is made. */
const RECENT = 100;

/** The highest number of late that was begun by a record before the one at `own`, or after it too; 0 if none. */
export async function highestOfOthers(log: EventLog, own: Offset, orAfter: boolean): Promise<Epoch> {
  const others = (await readTail(log, RECENT)).filter(
    ({ offset, cut }) => cut.type === 'begun' && (offset < own || (orAfter && offset > own)),
  );
  return others.reduce((highest, { cut }) => Math.max(highest, cut.epoch), 0);
}

/** The last `count` records, and what came meanwhile. */
async function readTail(
  log: EventLog,
  count: number,
  strange?: (offset: Offset) => void,
): Promise<{ offset: Offset; cut: CutRecord }[]> {
  const start = (await log.startOffsets(TOPICS.cuts))['0'] ?? 0;
  const end = (await log.endOffsets(TOPICS.cuts))['0'] ?? 0;
  const tail: { offset: Offset; cut: CutRecord }[] = [];
  let next = Math.max(start, end - count);
  while (next < end) {
    const records = await log.read(TOPICS.cuts, 0, next);
    for (const record of records) {
      // A number that can't be read could be taken twice, and a barrier below another is void.
      const cut = mustRead(cutOf(record), () => `${TOPICS.cuts}, offset ${record.offset}`);
      if (cut === null) strange?.(record.offset);
      else tail.push({ offset: record.offset, cut });
    }
    const last = records[records.length - 1];
    if (last === undefined) break;
    next = last.offset + 1;
  }
  return tail;
}
