/**
 * What of a stream's partition stands in the log already, beyond the last note of how far it was taken: whoever took it before may
 * have ended between an append and the note. Each event and dead letter says where it came from.
 */
import { HEADERS, TOPICS } from '@tenon/contracts';
import type { Offset } from '@tenon/domain';
import type { EventLog } from '@tenon/ports';
import { OffsetSet } from './offset-set';
import { isLaneOf } from './stream-name';
import type { LanePosition } from './position-book';

type ReadLog = Pick<EventLog, 'read' | 'endOffsets'>;

const READ = { maxBytes: 8 * 1024 * 1024 };

/** Where the source's events and dead letters end now. */
export async function endsOf(
  log: Pick<EventLog, 'endOffsets'>,
  source: string,
): Promise<Pick<LanePosition, 'ends' | 'letters'>> {
  const [ends, letters] = await Promise.all([
    log.endOffsets(TOPICS.events(source)),
    log.endOffsets(TOPICS.deadLetters(source)),
  ]);
  return { ends, letters: letters['0'] ?? 0 };
}

/** Before all of them, the log's older part included. */
export const BEGINNING: Pick<LanePosition, 'ends' | 'letters'> = { ends: {}, letters: 0 };

/** @returns the offsets of the lane's records that stand between `since` and the end */
export async function alreadyTaken(
  log: ReadLog,
  source: string,
  lane: string,
  since: Pick<LanePosition, 'ends' | 'letters'>,
): Promise<OffsetSet> {
  const taken = new OffsetSet();
  for await (const origin of origins(log, source, since)) if (origin.lane === lane) taken.add(origin.offset);
  return taken;
}

/** Lanes of a stream that the log has records of. */
export async function lanesInLog(log: ReadLog, source: string, stream: string): Promise<ReadonlySet<string>> {
  const lanes = new Set<string>();
  for await (const { lane } of origins(log, source, BEGINNING)) if (isLaneOf(lane, stream)) lanes.add(lane);
  return lanes;
}

interface Origin {
  readonly lane: string;
  readonly offset: Offset;
}

async function* origins(
  log: ReadLog,
  source: string,
  since: Pick<LanePosition, 'ends' | 'letters'>,
): AsyncGenerator<Origin> {
  const until = await endsOf(log, source);
  const events = TOPICS.events(source);
  for (const [partition, end] of Object.entries(until.ends))
    yield* originsIn(log, events, Number(partition), since.ends[partition] ?? 0, end);
  yield* originsIn(log, TOPICS.deadLetters(source), 0, since.letters, until.letters);
}

async function* originsIn(
  log: ReadLog,
  topic: string,
  partition: number,
  from: Offset,
  end: Offset,
): AsyncGenerator<Origin> {
  for (let at = from; at < end;) {
    const records = await log.read(topic, partition, at, READ);
    if (records.length === 0) return;
    for (const record of records) {
      const origin = record.header(HEADERS.origin);
      if (origin !== undefined) yield parseOrigin(origin);
    }
    at = (records.at(-1) as { readonly offset: Offset }).offset + 1;
  }
}

export const originOf = (lane: string, offset: Offset): string => `${lane}/${offset}`;

function parseOrigin(origin: string): Origin {
  const slash = origin.lastIndexOf('/');
  return { lane: origin.slice(0, slash), offset: Number(origin.slice(slash + 1)) };
}
