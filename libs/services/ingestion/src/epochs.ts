/** The deployment's one counter of epochs, as `tenon.cuts` tells it. */
import type { CutRecord } from '@tenon/contracts';
import { TOPICS } from '@tenon/contracts';
import type { EventLog, LogRecord } from '@tenon/ports';

export interface CutHistory {
  /** The highest number that was ever taken; 0 if none. A cut that was only begun has taken its number too. */
  readonly taken: number;
  /** The latest cut of which every partition has its barrier. */
  readonly written: CutRecord | null;
}

/** Numbers only grow, apart from what two writers at a time may have left; this many records hold the highest. */
const TAIL = 1_000;

export async function readCutHistory(log: EventLog): Promise<CutHistory> {
  const start = (await log.startOffsets(TOPICS.cuts))['0'] ?? 0;
  const end = (await log.endOffsets(TOPICS.cuts))['0'] ?? 0;
  let taken = 0;
  let written: CutRecord | null = null;
  let next = Math.max(start, end - TAIL);
  while (next < end) {
    const records = await log.read(TOPICS.cuts, 0, next);
    for (const record of records) {
      const cut = parseCut(record);
      if (cut === null) continue;
      taken = Math.max(taken, cut.epoch);
      if (cut.type === 'written' && cut.epoch >= (written?.epoch ?? 0)) written = cut;
    }
    const last = records[records.length - 1];
    if (last === undefined) break;
    next = last.offset + 1;
  }
  return { taken, written };
}

/** @returns null for what this version can't read */
function parseCut(record: LogRecord): CutRecord | null {
  try {
    const value = JSON.parse(Buffer.from(record.value).toString('utf8')) as CutRecord | null;
    return value?.v === 1 && Number.isSafeInteger(value.epoch) ? value : null;
  } catch {
    return null;
  }
}
