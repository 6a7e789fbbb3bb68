/** Streams of others that sources of the catalog take their events from, by the settings that say where they are. */
import { GROUPS, TOPICS } from '@tenon/contracts';
import type { Problem, SourceDefinition, SourceFeed } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { FedSource, Feed, FeedLog, OpenFeed, OpenFolder } from '@tenon/ports';
import type { SettingName, Settings } from '@tenon/runtime';
import { fieldsOf } from '@tenon/catalog';
import { watchedFolder } from '@tenon/adapters-files';
import { resolve } from 'node:path';
import { adapters } from './adapters';
import { sourceKafkaOptions } from './kafka-options';
import { sourceNatsOptions } from './nats-options';
import type { Parts } from './parts';

/** Others may add partitions to their topics at any time. */
const METADATA_MAX_AGE_MS = 10_000;

/** @throws Refusal naming every source whose stream is nowhere */
export function feedOpener(
  sources: readonly SourceDefinition[],
  settings: Settings,
  parts: Pick<Parts, 'logger' | 'passedOver' | 'log'>,
): OpenFeed {
  const { logger, passedOver } = parts;
  const brokers = settings.TENON_SOURCE_KAFKA_BROKERS ?? settings.TENON_KAFKA_BROKERS;
  const nats = settings.TENON_SOURCE_NATS_URL ?? settings.TENON_NATS_URL;
  const { TENON_SCHEMA_REGISTRY_URL: registry } = settings;
  const homeless = sources.flatMap((source) => {
    const { kind, stream, encoding } = source.from ?? {};
    if (kind === 'kafka' && brokers === undefined)
      return missing(source, `Kafka topic ${stream}`, 'TENON_SOURCE_KAFKA_BROKERS', 'localhost:9092');
    if (kind === 'nats' && nats === undefined)
      return missing(source, `JetStream stream ${stream}`, 'TENON_SOURCE_NATS_URL', 'nats://localhost:4222');
    if (encoding === 'registry' && registry === undefined) {
      const what = `Kafka topic ${stream} by a schema registry`;
      return missing(source, what, 'TENON_SCHEMA_REGISTRY_URL', 'http://localhost:8081');
    }
    return [];
  });
  if (homeless.length > 0) throw new Refusal('configuration', homeless);
  const decoder = registry === undefined ? null : registryDecoder(registry, settings);
  const decoded = (from: SourceFeed, log: FeedLog): FeedLog =>
    from.encoding === undefined || decoder === null
      ? log
      : adapters.schemaRegistry().decodedFeed(log, decoder);
  return (source, unreadable) => {
    const { from } = source;
    if (from.kind === 'nats') return natsFeed(source, settings, parts);
    const options = sourceKafkaOptions(settings);
    const log = adapters.kafka().createKafkaEventLog({
      ...options,
      group: { ...options.group, metadataMaxAgeMs: METADATA_MAX_AGE_MS },
      ...{ clientId: 'tenon-source', logger, committed: true },
      unreadable: (_topic, partition, batch) => {
        passedOver.count('batch');
        unreadable({ partition, ...batch });
      },
    });
    return { place: `Kafka (${brokers})`, title: `topic ${from.stream}`, log: decoded(from, log) };
  };
}

/** One for all sources: what it knows of schemas stays. */
const registryDecoder = (url: string, settings: Settings) =>
  adapters.schemaRegistry().createRegistryDecoder({
    url,
    ...(settings.TENON_SCHEMA_REGISTRY_USERNAME !== undefined && {
      username: settings.TENON_SCHEMA_REGISTRY_USERNAME,
    }),
    ...(settings.TENON_SCHEMA_REGISTRY_PASSWORD !== undefined && {
      password: settings.TENON_SCHEMA_REGISTRY_PASSWORD,
    }),
  });

const missing = (
  { name }: SourceDefinition,
  what: string,
  setting: SettingName,
  example: string,
): Problem => ({
  code: 'missing-setting',
  message: `The source ${name} takes its events from the ${what}, and ${setting} is not set.`,
  hint: `For example ${setting}=${example}`,
  place: { file: `sources/${name}.yaml` },
});

function natsFeed({ name, from }: FedSource, settings: Settings, parts: Pick<Parts, 'log'>): Feed {
  const identity = sourceNatsOptions(settings);
  const { stream, subject } = from;
  const { createNatsStreamLog, placeOf } = adapters.nats();
  const log = createNatsStreamLog({
    ...identity,
    ...(stream !== subject && { stream }),
    ...(subject !== undefined && { subject }),
    name: 'tenon-source',
    // Its positions are a topic of one partition, which every instance has.
    hold: async (startAt) => {
      const place = { topic: TOPICS.feedPositions(name), group: GROUPS.feedTurn(name) };
      return (await parts.log()).consume({ ...place, startAt });
    },
  });
  return { place: `NATS (${placeOf(identity)})`, title: log.title, log };
}

/** Folders that others put files into; those that are not named from the root on are below `TENON_SOURCE_FILES`. */
export const folderOpener =
  ({ TENON_SOURCE_FILES: root }: Pick<Settings, 'TENON_SOURCE_FILES'>): OpenFolder =>
  ({ schema, from: { stream, files } }) =>
    watchedFolder({ ...files, folder: resolve(root, stream), fields: fieldsOf(schema) });
