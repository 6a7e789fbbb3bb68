import type { Plan } from '@tenon/domain';
import { identityBook } from '@tenon/service-ingestion';
import type { EventLog, TopicBook } from '@tenon/ports';
import { createDeclaredLog, createKnownLog, createWholeLog } from '@tenon/tiered-log';
import { topicBook } from '@tenon/views';
import type { Counted, HeldStore } from './held';
import { heldBy } from './held';
import { isSeparate } from './layers';
import { lazyStore } from './lazy-store';
import type { Parts } from './parts';

/**
 * Where the ids of topics stand. `store`: in the store. `log`: in the log itself, for who has no store. `both`: what the log does not
 * know is asked of the store, since the log may be new as a whole; while the log knows, the store may be away.
 */
export type Noted = 'store' | 'log' | 'both';

/** The log, watched over: see `createKnownLog`, `createWholeLog` and `createDeclaredLog`. */
export async function knownLog(
  parts: Parts,
  noted: Noted,
  accepted: readonly string[] = [],
  counted?: Counted,
): Promise<EventLog> {
  const { log, store, clock, ids, logger } = parts;
  const opened = createDeclaredLog(await log(), logger);
  const open = async (): Promise<TopicBook> => {
    if (noted === 'store') return topicBook(await store());
    const inLog = identityBook(opened, ids);
    return noted === 'log' ? inLog : inBoth(inLog, topicBook(lazyStore(() => store())));
  };
  const known = createKnownLog(opened, { book: await open(), clock, logger, accepted });
  const held =
    noted === 'log' || counted === undefined
      ? async () => ({ ends: {}, isAll: true })
      : heldBy(storesWith(parts, noted, counted.plans), counted, clock);
  return createWholeLog(known, { clock, held });
}

function storesWith({ store, home }: Parts, noted: Noted, plans: readonly Plan[]): HeldStore[] {
  const own = { open: () => store(), isNeeded: noted === 'store' };
  if (home !== 'store' || !plans.some(isSeparate)) return [own];
  const layers = (['batch', 'speed'] as const).map((layer) => ({
    open: () => store(layer),
    isNeeded: false,
  }));
  return [own, ...layers];
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
