/** Whole topics of the log that the settings name: for commands that copy them. */
import { join } from 'node:path';
import { topicsIn } from '@tenon/adapters-embedded';
import { archivedPartitions, archivedRecords } from '@tenon/archive';
import { TOPICS } from '@tenon/contracts';
import type { Logger, OlderRecords, RawTopics } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import type { OlderTopics } from '@tenon/topic-backup';
import { createLogTopics, withOlder } from '@tenon/topic-backup';
import { adapters } from './adapters';
import { kafkaOptions } from './kafka-options';
import type { Parts } from './parts';

/**
 * Of the embedded log only while no Tenon runs on the data directory, which `parts` locks.
 *
 * @param withArchive what a source's log has let go is read from the archive, where the settings say where that is
 */
export async function openRawTopics(
  settings: Settings,
  data: string,
  parts: Pick<Parts, 'log' | 'store' | 'lake' | 'engine'>,
  logger: Logger,
  withArchive: boolean,
): Promise<RawTopics> {
  const topics = await topicsOf(settings, data, parts, logger);
  if (!withArchive) return topics;
  const { TENON_KAFKA_BROKERS: brokers, TENON_MONGODB_URL: store, TENON_LAKE: lake } = settings;
  // On servers the settings say where an archive is; without them the log is all that there is.
  if (brokers !== undefined && (store === undefined || lake === undefined)) return topics;
  return withOlder(topics, await archiveOf(parts));
}

async function archiveOf({
  store,
  lake,
  engine,
}: Pick<Parts, 'store' | 'lake' | 'engine'>): Promise<OlderTopics> {
  const [opened, files] = [await store(), await lake()];
  const archived = await archivedPartitions({ store: opened });
  const sources = [...new Set(archived.map(({ source }) => source))].map((name) => ({
    name,
    partitions: 1 + Math.max(...archived.flatMap((one) => (one.source === name ? [one.partition] : []))),
  }));
  const starts = (topic: string) =>
    Object.fromEntries(
      archived.flatMap(({ source, partition, head }) =>
        TOPICS.events(source) === topic ? [[partition, head.first]] : [],
      ),
    );
  const records =
    sources.length === 0
      ? NOTHING
      : archivedRecords({ store: opened, lake: files, engine: await engine(), sources });
  return { records, starts: async (topic) => starts(topic) };
}

const NOTHING: OlderRecords = { read: async function* () {} };

async function topicsOf(
  settings: Settings,
  data: string,
  parts: Pick<Parts, 'log'>,
  logger: Logger,
): Promise<RawTopics> {
  if (settings.TENON_KAFKA_BROKERS !== undefined)
    return adapters
      .kafka()
      .createKafkaRawTopics({ ...kafkaOptions(settings), clientId: 'tenon-backup', logger });
  const directory = join(data, 'log');
  return createLogTopics({
    name: directory,
    log: await parts.log(),
    list: () => topicsIn(directory),
  });
}
