/** What a log holds, read by who has it to itself, or as servers have it. */
import { join } from 'node:path';
import { createFileEventLog, systemClock } from '@tenon/adapters-embedded';
import { TOPICS } from '@tenon/contracts';
import type { EventLog } from '@tenon/ports';
import { AcceptedLog } from './accepted';
import type { FlightsCatalog } from './flights-catalog';
import type { Sent } from './scenario';
import { dataOf } from './wire';

/** An event that a client was told of. */
export interface Acknowledged {
  readonly sent: Sent;
  readonly partition: number;
  readonly offset: number;
}

/** @param sent all that was sent: nothing else may be in the log */
export async function readLog(
  log: Pick<EventLog, 'read'>,
  { partitions, dedupeWindow }: FlightsCatalog,
  sent: readonly Sent[],
  acknowledged: readonly Acknowledged[],
): Promise<AcceptedLog> {
  const accepted = new AcceptedLog(partitions, dedupeWindow);
  for (const one of sent) accepted.sending(one, dataOf(one.flight));
  const topic = TOPICS.events('flights');
  for (let partition = 0; partition < partitions; partition++)
    for (let next = 0; ;) {
      const records = await log.read(topic, partition, next);
      for (const record of records) {
        const { key, value, timestamp, offset } = record;
        accepted.append(topic, [{ partition, key, value, timestamp, headers: record.headers() }], [offset]);
        next = offset + 1;
      }
      if (records.length === 0) break;
    }
  for (const one of acknowledged) accepted.acknowledge(one.sent, one.partition, one.offset);
  return accepted;
}

/** Of a data directory that no process has. */
export async function readDataDirectory(
  data: string,
  ...[catalog, sent, acknowledged]: readonly [FlightsCatalog, readonly Sent[], readonly Acknowledged[]]
): Promise<AcceptedLog> {
  const log = createFileEventLog({ directory: join(data, 'log'), clock: systemClock });
  try {
    return await readLog(log, catalog, sent, acknowledged);
  } finally {
    await log.close();
  }
}
