/** Streams of others that sources of the catalog take their events from, by the settings that say where they are. */
import type { SourceDefinition } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { OpenFeed } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import { adapters } from './adapters';
import { sourceKafkaOptions } from './kafka-options';
import type { Parts } from './parts';

/** Others may add partitions to their topics at any time. */
const METADATA_MAX_AGE_MS = 10_000;

/** @throws Refusal naming every source whose stream is nowhere */
export function feedOpener(
  sources: readonly SourceDefinition[],
  settings: Settings,
  { logger, passedOver }: Pick<Parts, 'logger' | 'passedOver'>,
): OpenFeed {
  const brokers = settings.TENON_SOURCE_KAFKA_BROKERS ?? settings.TENON_KAFKA_BROKERS;
  const homeless = sources.filter(({ from }) => from?.kind === 'kafka' && brokers === undefined);
  if (homeless.length > 0)
    throw new Refusal(
      'configuration',
      homeless.map(({ name, from }) => ({
        code: 'missing-setting',
        message: `The source ${name} takes its events from the Kafka topic ${from?.stream}, and TENON_SOURCE_KAFKA_BROKERS is not set.`,
        hint: 'For example TENON_SOURCE_KAFKA_BROKERS=localhost:9092',
        place: { file: `sources/${name}.yaml` },
      })),
    );
  return (_from, unreadable) => {
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
    return { place: `Kafka (${brokers})`, log };
  };
}
