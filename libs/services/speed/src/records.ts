/** Sorts the records of a poll into rounds of events, with the barriers between them. */
import { barrierOf, BARRIER, HEADERS, judgeRecord } from '@tenon/contracts';
import type { LedgerCounts } from '@tenon/domain';
import { EMPTY_LEDGER, barrierTime } from '@tenon/domain';
import type { EngineEvent, LogRecord } from '@tenon/ports';
import type { DeadLetter } from './dead-letters';
import type { LivePartition } from './partition';

/** Characters. */
const MOST_OF_A_NAME = 100;

/** What reading a partition up to (and with) its next barrier, or to the end of the poll, gave. */
export interface Round {
  readonly events: EngineEvent[];
  /** Duplicates, conflicts, control records and what is lost: the same for every product. */
  readonly counts: LedgerCounts;
  readonly conflicts: readonly DeadLetter[];
  /** The barrier that ended the epoch, and with it the round; the partition's judge is in the next epoch then. */
  readonly barrier: LogRecord | null;
  /** How many of the records were used. */
  readonly used: number;
}

/**
 * Reads records of one partition, in order, from index `at`, up to the barrier that ends the partition's epoch.
 *
 * @param strange told of control records that say they are a barrier and are none
 * @throws UnsupportedVersion
 */
export function readRound(
  live: LivePartition,
  records: readonly LogRecord[],
  at: number,
  strange?: (record: LogRecord) => void,
): Round {
  const events: EngineEvent[] = [];
  const conflicts: DeadLetter[] = [];
  let duplicate = 0;
  let control = 0;
  let lost = 0;
  let barrier: LogRecord | null = null;
  let index = at;
  while (index < records.length && barrier === null) {
    const record = records[index++] as LogRecord;
    switch (judgeRecord(live.judge, record, live.place)) {
      case 'event':
        events.push({ partition: live.lane.partition, record });
        break;
      case 'duplicate':
        duplicate += 1;
        break;
      case 'conflict':
        conflicts.push(conflictOf(live, record));
        break;
      case 'control':
        control += 1;
        if (record.header(HEADERS.control) === BARRIER && barrierOf(record) === null) strange?.(record);
        break;
      case 'lost':
        lost += 1;
        break;
      case 'barrier':
        control += 1;
        barrier = record;
        live.barrierAt = barrierTime(record.timestamp);
        break;
      case 'before':
        break;
    }
  }
  const of = {
    ...{ duplicate, control, deadLettered: conflicts.length },
    ...(lost > 0 && { lost }),
    ...(conflicts.length > 0 && { conflicts: conflicts.length }),
  };
  const counts = { ...EMPTY_LEDGER, ...of };
  return { events, counts, conflicts, barrier, used: index - at };
}

const conflictOf = ({ lane }: LivePartition, record: LogRecord): DeadLetter => ({
  record,
  reason: {
    partition: lane.partition,
    offset: record.offset,
    code: 'id-conflict',
    detail: `an event with ${namedIn(record)} and other data stands before it in its partition`,
  },
});

const shortened = (text: string) => JSON.stringify(text.slice(0, MOST_OF_A_NAME));

/** How the event calls itself, as far as it can be read. */
function namedIn({ value }: LogRecord): string {
  try {
    const { id, source } = JSON.parse(Buffer.from(value).toString('utf8')) as Record<string, unknown>;
    if (typeof id === 'string' && typeof source === 'string')
      return `the id ${shortened(id)} and the source ${shortened(source)}`;
  } catch {
    // it has been taken all the same
  }
  return 'the same source and id';
}
