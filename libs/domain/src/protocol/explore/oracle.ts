/** What is right, in plain code over the scripts that shares nothing with the rules. */
import type { Epoch, Offset } from '../../numbers';
import type { LedgerCounts } from '../ledger';
import type { Judgement } from '../judge';
import type { ScriptRecord, Tally } from './script';
import { CELLS, NOTHING, WINDOWS, one, plus } from './script';

/** What is known of a lane before an offset. */
export interface Place {
  readonly offset: Offset;
  /** The epoch of the record at the offset, and where it began. */
  readonly epoch: Epoch;
  readonly start: Offset;
  /** The time of the barrier that began it. */
  readonly begunAt: Offset | undefined;
  readonly tally: Tally;
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
  /** What the record before the offset is. */
  readonly verdict: Judgement | null;
}

/** One place for each offset of the lane, its end too. */
export function placesOf(script: readonly ScriptRecord[], window: number): Place[] {
  const places: Place[] = [
    {
      offset: 0,
      epoch: 0,
      start: 0,
      begunAt: undefined,
      tally: NOTHING,
      ledger: { aggregated: 0, filtered: 0, duplicate: 0, deadLettered: 0, expired: 0, control: 0 },
      watermark: null,
      verdict: null,
    },
  ];
  script.forEach((record, offset) => {
    const before = places[offset] as Place;
    const verdict = verdictOf(script, offset, window, before.epoch);
    const ledger = { ...before.ledger };
    if (verdict === 'event') ledger.aggregated += 1;
    else if (verdict === 'duplicate') ledger.duplicate += 1;
    else if (verdict === 'conflict') ledger.deadLettered += 1;
    else ledger.control += 1;
    const counts = verdict === 'event' && 'id' in record;
    places.push({
      offset: offset + 1,
      epoch: verdict === 'barrier' && 'barrier' in record ? record.barrier : before.epoch,
      start: verdict === 'barrier' ? offset + 1 : before.start,
      begunAt: verdict === 'barrier' ? offset + 1 : before.begunAt,
      tally: counts ? plus(before.tally, one(record)) : before.tally,
      ledger,
      watermark: counts ? Math.max(before.watermark ?? 0, WINDOWS[record.cell]) : before.watermark,
      verdict,
    });
  });
  return places;
}

function verdictOf(script: readonly ScriptRecord[], offset: Offset, window: number, epoch: Epoch): Judgement {
  const record = script[offset] as ScriptRecord;
  if ('barrier' in record) return record.barrier > epoch ? 'barrier' : 'control';
  for (let back = 1; back <= window && back <= offset; back++) {
    const earlier = script[offset - back] as ScriptRecord;
    if ('id' in earlier && earlier.id === record.id)
      return earlier.data === record.data ? 'duplicate' : 'conflict';
  }
  return 'event';
}

/** Where generation k ends in a lane: the first place whose epoch is not below k; undefined if there is none yet. */
export const cutOf = (places: readonly Place[], k: number): Place | undefined =>
  places.find(({ epoch }) => epoch >= k);

export const namesOf = (weights: number): string => {
  let text = '';
  for (let rest = weights, place = 0; rest > 0; rest = Math.floor(rest / 4), place++)
    if (rest % 4 > 0) text += ` ${rest % 4}×r${place}`;
  return text === '' ? ' nothing' : text;
};

export const tallyText = (tally: Tally): string =>
  CELLS.map((cell, at) => `${cell}:${namesOf(tally[at] ?? 0)}`).join(', ');
