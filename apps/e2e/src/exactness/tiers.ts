/** The log as services have it around them: topics that are known by their ids, and the archive as its older part. */
import { archivedRecords } from '@tenon/archive';
import type { SourceDefinition } from '@tenon/domain';
import type { Clock, Engine, EventLog, Lake, Logger, ProductStore } from '@tenon/ports';
import { createKnownLog, createTieredLog } from '@tenon/tiered-log';
import { topicBook } from '@tenon/views';

export interface TierDeps {
  readonly log: EventLog;
  readonly store: ProductStore;
  readonly lake: Lake;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sources: readonly SourceDefinition[];
  /** Ids of topics that an operator says go on where the ones before ended. */
  readonly accepted: readonly string[];
}

/** Of a process by its name: speed and batch read both tiers, as they do where they are composed. */
export function logOf(name: string, { log, store, clock, logger, accepted, ...archive }: TierDeps): EventLog {
  const known = createKnownLog(log, { book: topicBook(store), clock, logger, accepted });
  if (name !== 'speed' && name !== 'batch') return known;
  return createTieredLog(known, archivedRecords({ store, ...archive }), logger);
}
