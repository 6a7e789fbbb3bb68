import { identityBook } from '@tenon/service-ingestion';
import type { EventLog } from '@tenon/ports';
import { createKnownLog } from '@tenon/tiered-log';
import { topicBook } from '@tenon/views';
import type { Parts } from './parts';

/**
 * The log, watched over: see `createKnownLog`.
 *
 * @param stored the ids of topics stand in the store; else, for who has none, in the log itself
 */
export async function knownLog(
  { log, store, clock, ids, logger }: Parts,
  stored: boolean,
  accepted: readonly string[] = [],
): Promise<EventLog> {
  const opened = await log();
  const book = stored ? topicBook(await store()) : identityBook(opened, ids);
  return createKnownLog(opened, { book, clock, logger, accepted });
}
