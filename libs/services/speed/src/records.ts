/** Sorts the records of a poll into rounds of events, with the barriers between them. */
import { barrierOf, identityOf, isControl, mustRead, unknownEvent } from '@tenon/contracts';
import { EMPTY_LEDGER, type LedgerCounts } from '@tenon/domain';
import type { EngineEvent, LogRecord } from '@tenon/ports';
import type { DeadLetter } from './dead-letters';
import type { LivePartition } from './partition';

/** What reading a partition up to (and with) its next barrier, or to the end of the poll, gave. */
export interface Round {
  readonly events: EngineEvent[];
  /** Duplicates, conflicts and ignored control records: the same for every product. */
  readonly counts: LedgerCounts;
  readonly conflicts: readonly DeadLetter[];
  /** The barrier that ended the round, if one did. */
  readonly barrier: { readonly epoch: number; readonly offset: number; readonly record: LogRecord } | null;
  /** How many of the records were used. */
  readonly used: number;
}

/**
 * Reads records of one partition, in order, from index `at`, up to the barrier that ends the partition's epoch.
 *
 * @throws UnsupportedVersion
 */
export function readRound(state: LivePartition, records: readonly LogRecord[], at: number): Round {
  const events: EngineEvent[] = [];
  const conflicts: DeadLetter[] = [];
  let duplicate = 0;
  let control = 0;
  let barrier: Round['barrier'] = null;
  let index = at;
  while (index < records.length && barrier === null) {
    const record = records[index++] as LogRecord;
    const { offset } = record;
    const identity = identityOf(record);
    if (identity === undefined && isControl(record)) {
      if (offset < state.next) continue;
      control += 1;
      state.next = offset + 1;
      const found = mustRead(barrierOf(record), () => placeOf(state, offset));
      if (found !== null && found.epoch > state.cursor.epoch)
        barrier = { epoch: found.epoch, offset, record };
      continue;
    }
    if (identity === undefined) mustRead(unknownEvent(record), () => placeOf(state, offset));
    const verdict = identity === undefined ? 'new' : state.dedupe.check(offset, identity);
    if (offset < state.next) continue;
    state.next = offset + 1;
    if (verdict === 'new') events.push({ partition: state.partition, record });
    else if (verdict === 'duplicate') duplicate += 1;
    else
      conflicts.push({
        record,
        reason: {
          partition: state.partition,
          offset,
          code: 'id-conflict',
          detail: 'another event has the same source and id',
        },
      });
  }
  const counts = { ...EMPTY_LEDGER, duplicate, control, deadLettered: conflicts.length };
  return { events, counts, conflicts, barrier, used: index - at };
}

const placeOf = ({ partition }: LivePartition, offset: number) => `partition ${partition}, offset ${offset}`;
