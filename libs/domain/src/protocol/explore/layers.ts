/**
 * What speed and batch make of a lane, by the judge of the rules. Of speed only its flushes matter: a replay, a zombie, a
 * loss, another product with an older cut are all of them some flushes in some order, some of them often, some never. So
 * the worlds hold no speed at all but let any of these flushes arrive at any time.
 */
import { laneKey, type LaneKey } from '../../lanes';
import type { Epoch, Offset } from '../../numbers';
import type { EpochCursor } from '../cuts';
import type { LedgerCounts } from '../ledger';
import { EMPTY_LEDGER, addLedgers } from '../ledger';
import { laterOf, type Pointer } from '../pointer';
import type { Rules } from './rules';
import type { ScriptRecord, Tally } from './script';
import { CELLS, NOTHING, WINDOWS, one, plus } from './script';

export const laneOf = (index: number): LaneKey => laneKey('s', index);

/** The sum of some records. */
export interface Part {
  readonly tally: Tally;
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
}

export const NO_PART: Part = { tally: NOTHING, ledger: EMPTY_LEDGER, watermark: null };

export interface Flush extends Part {
  readonly epoch: Epoch;
  readonly start: Offset;
  readonly from: Offset;
  readonly to: Offset;
  /** Which of the cells it carries: those that changed. */
  readonly changed: readonly boolean[];
  readonly closed: boolean;
  readonly nextEpoch: Epoch;
  /** A barrier's time is the offset after it. */
  readonly closedAt: Offset | null;
}

interface Read extends Part {
  /** The epoch of the record, and the next offset after it. */
  readonly cursor: EpochCursor;
  readonly next: Offset;
  /** The epoch that follows, if it was its end. */
  readonly closes: Epoch | null;
}

/** The records of a lane that count for a reader that begins at a cursor, up to an offset. */
function read(
  rules: Rules,
  script: readonly ScriptRecord[],
  at: EpochCursor,
  window: number,
  end: Offset,
): Read[] {
  const judge = new rules.PartitionJudge(at, at.start, window);
  const reads: Read[] = [];
  for (let offset = judge.readFrom; offset < end; offset++) {
    const record = script[offset] as ScriptRecord;
    const { cursor } = judge;
    const verdict =
      'id' in record ? judge.event(offset, record.identity) : judge.control(offset, record.barrier);
    if (verdict === 'before') continue;
    const counts = verdict === 'event' && 'id' in record;
    const ledger = {
      ...EMPTY_LEDGER,
      aggregated: verdict === 'event' ? 1 : 0,
      duplicate: verdict === 'duplicate' ? 1 : 0,
      deadLettered: verdict === 'conflict' ? 1 : 0,
      control: verdict === 'control' || verdict === 'barrier' ? 1 : 0,
    };
    reads.push({
      cursor,
      next: judge.next,
      closes: verdict === 'barrier' ? judge.cursor.epoch : null,
      tally: counts ? one(record) : NOTHING,
      ledger,
      watermark: counts ? WINDOWS[record.cell] : null,
    });
  }
  return reads;
}

export function join(a: Part, b: Part): Part {
  return {
    tally: plus(a.tally, b.tally),
    ledger: addLedgers(a.ledger, b.ledger),
    watermark: laterOf(a.watermark, b.watermark),
  };
}

/** Where a lane's epochs begin, as a reader from the lane's beginning finds it: batch's archive, and where speed replays from. */
export function cursorsOf(rules: Rules, script: readonly ScriptRecord[], window: number): EpochCursor[] {
  const cursors: EpochCursor[] = [{ epoch: 0, start: 0 }];
  for (const { closes, next } of read(rules, script, { epoch: 0, start: 0 }, window, script.length))
    if (closes !== null) cursors.push({ epoch: closes, start: next });
  return cursors;
}

/** Every flush of a lane that any incarnation of speed could emit, wherever it began. @param fine at each record, or at barriers only */
export function flushesOf(
  rules: Rules,
  script: readonly ScriptRecord[],
  window: number,
  fine: boolean,
): Flush[] {
  const flushes = new Map<string, Flush>();
  for (const begin of cursorsOf(rules, script, window)) {
    const reads = read(rules, script, begin, window, script.length);
    reads.forEach((first, from) => {
      const { epoch, start } = first.cursor;
      for (let to = from; to < reads.length && reads[to]?.cursor.epoch === epoch; to++) {
        const last = reads[to] as Read;
        const isPoint = (at: Read | undefined) =>
          fine || at === undefined || at.closes !== null || at.next === script.length;
        if (!isPoint(reads[from - 1]) || !isPoint(last)) continue;
        const whole = reads
          .slice(0, to + 1)
          .filter((read) => read.cursor.epoch === epoch)
          .reduce(join, NO_PART);
        const news = reads.slice(from, to + 1).reduce(join, NO_PART);
        const flush = {
          epoch,
          start,
          from: reads[from - 1]?.next ?? begin.start,
          to: last.next,
          ...whole,
          changed: CELLS.map((_, cell) => (news.tally[cell] ?? 0) > 0),
          closed: last.closes !== null,
          nextEpoch: last.closes ?? epoch,
          closedAt: last.closes === null ? null : last.next,
        };
        flushes.set(JSON.stringify(flush), flush);
      }
    });
  }
  return [...flushes.values()].sort((a, b) => a.epoch - b.epoch || a.from - b.from || a.to - b.to);
}

/** What batch computes of a lane for a range that begins at a pointer's cut and ends before `end`. */
export function rangeOf(
  rules: Rules,
  script: readonly ScriptRecord[],
  window: number,
  from: Pick<Pointer, 'cut' | 'epochs'>,
  lane: LaneKey,
  end: Offset,
): Part {
  const begin = { epoch: from.epochs[lane] ?? 0, start: from.cut[lane] ?? 0 };
  return read(rules, script, begin, window, end).reduce(join, NO_PART);
}
