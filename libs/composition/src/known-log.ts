import { identityBook } from '@tenon/service-ingestion';
import type { EventLog, TopicBook } from '@tenon/ports';
import { createDeclaredLog, createKnownLog } from '@tenon/tiered-log';
import { topicBook } from '@tenon/views';
import { lazyStore } from './lazy-store';
import type { Parts } from './parts';

/**
 * Where the ids of topics stand. `store`: in the store. `log`: in the log itself, for who has no store. `both`: what the log does not
 * know is asked of the store, since the log may be new as a whole; while the log knows, the store may be away.
 */
export type Noted = 'store' | 'log' | 'both';

/** The log, watched over: see `createKnownLog` and `createDeclaredLog`. */
export async function knownLog(
  { log, store, clock, ids, logger }: Parts,
  noted: Noted,
  accepted: readonly string[] = [],
): Promise<EventLog> {
  const opened = createDeclaredLog(await log(), logger);
  const open = async (): Promise<TopicBook> => {
    if (noted === 'store') return topicBook(await store());
    const inLog = identityBook(opened, ids);
    return noted === 'log' ? inLog : inBoth(inLog, topicBook(lazyStore(() => store())));
  };
  return createKnownLog(opened, { book: await open(), clock, logger, accepted });
}

/** The store first wherever something is written: what stands in the log alone is not known once the log is gone. */
export function inBoth(inLog: TopicBook, inStore: TopicBook): TopicBook {
  return {
    idOf: async (topic) => (await inLog.idOf(topic)) ?? (await inStore.idOf(topic)),
    note: async (topic, id) => inLog.note(topic, await inStore.note(topic, id)),
    replace: async (topic, id) => {
      await inStore.replace(topic, id);
      await inLog.replace(topic, id);
    },
  };
}
