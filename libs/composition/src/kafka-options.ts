/** The settings of Kafka as the adapter takes them. */
import { readFileSync } from 'node:fs';
import type { KafkaEventLogOptions } from '@tenon/adapters-kafka';
import { TenonError } from '@tenon/errors';
import type { Settings } from '@tenon/runtime';

type KafkaSettings = Pick<
  Settings,
  | 'TENON_KAFKA_BROKERS'
  | 'TENON_KAFKA_TLS'
  | 'TENON_KAFKA_SASL'
  | 'TENON_KAFKA_USERNAME'
  | 'TENON_KAFKA_PASSWORD'
  | 'TENON_KAFKA_REPLICATION'
  | 'TENON_KAFKA_MIN_INSYNC'
  | 'TENON_SESSION_TIMEOUT'
>;

/** @throws TenonError `invalid-setting` for a certificate file that can't be read */
export function kafkaOptions(settings: KafkaSettings): KafkaEventLogOptions {
  const { TENON_KAFKA_REPLICATION: copies, TENON_KAFKA_MIN_INSYNC: inSync } = settings;
  return {
    brokers: (settings.TENON_KAFKA_BROKERS ?? '').split(',').map((broker) => broker.trim()),
    group: { sessionTimeoutMs: settings.TENON_SESSION_TIMEOUT },
    security: { ...tls(settings), ...sasl(settings) },
    ...(copies !== undefined && { replicationFactor: copies }),
    ...(inSync !== undefined && { minInsyncReplicas: inSync }),
  };
}

type Security = NonNullable<KafkaEventLogOptions['security']>;

function tls({ TENON_KAFKA_TLS: setting }: KafkaSettings): Pick<Security, 'ssl'> {
  if (setting === 'off') return {};
  if (setting === 'on') return { ssl: true };
  try {
    return { ssl: { ca: readFileSync(setting, 'utf8') } };
  } catch (error) {
    throw new TenonError('invalid-setting', `TENON_KAFKA_TLS: ${(error as Error).message}`, {
      hint: 'Give on (certificates that the system trusts), off, or a file with the certificates of the authority (PEM).',
    });
  }
}

function sasl(settings: KafkaSettings): Pick<Security, 'sasl'> {
  const { TENON_KAFKA_SASL: mechanism } = settings;
  if (mechanism === undefined) return {};
  const { TENON_KAFKA_USERNAME: username = '', TENON_KAFKA_PASSWORD: password = '' } = settings;
  // As kafkajs has its type: one of three, each with its own mechanism.
  return { sasl: { mechanism, username, password } as NonNullable<Security['sasl']> };
}
