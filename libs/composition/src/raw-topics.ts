/** Whole topics of the log that the settings name: for commands that copy them. */
import { join } from 'node:path';
import { topicsIn } from '@tenon/adapters-embedded';
import type { Logger, RawTopics } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import { createLogTopics } from '@tenon/topic-backup';
import { adapters } from './adapters';
import { kafkaOptions } from './kafka-options';
import type { Parts } from './parts';

/** Of the embedded log only while no Tenon runs on the data directory, which `parts` locks. */
export async function openRawTopics(
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
