/** The settings of Kafka as the adapter takes them. */
import type { KafkaEventLogOptions } from '@tenon/adapters-kafka';
import type { Settings } from '@tenon/runtime';
import { ClientCredentials } from 'simple-oauth2';
import { readSettingFile } from './setting-files';

type KafkaSettings = Pick<
  Settings,
  Extract<keyof Settings, `TENON_KAFKA_${string}`> | 'TENON_SESSION_TIMEOUT'
>;
type SourceKafkaSettings = Pick<Settings, Extract<keyof Settings, `TENON_SOURCE_KAFKA_${string}`>>;

/** @throws TenonError `invalid-setting` for a file that can't be read */
export function kafkaOptions(settings: KafkaSettings): KafkaEventLogOptions {
  const { TENON_KAFKA_REPLICATION: copies, TENON_KAFKA_MIN_INSYNC: inSync } = settings;
  return {
    brokers: (settings.TENON_KAFKA_BROKERS ?? '').split(',').map((broker) => broker.trim()),
    group: { sessionTimeoutMs: settings.TENON_SESSION_TIMEOUT },
    security: { ...tls(settings), ...sasl(settings) },
    ...(settings.TENON_KAFKA_RETENTION === 'allow' && { allowsRetention: true }),
    ...(copies !== undefined && { replicationFactor: copies }),
    ...(inSync !== undefined && { minInsyncReplicas: inSync }),
  };
}

/** Of the Kafka that sources take their events from: its own settings, or the log's Kafka where it has none. */
export function sourceKafkaOptions(settings: KafkaSettings & SourceKafkaSettings): KafkaEventLogOptions {
  if (settings.TENON_SOURCE_KAFKA_BROKERS === undefined) return kafkaOptions(settings);
  return kafkaOptions({
    TENON_SESSION_TIMEOUT: settings.TENON_SESSION_TIMEOUT,
    TENON_KAFKA_BROKERS: settings.TENON_SOURCE_KAFKA_BROKERS,
    TENON_KAFKA_TLS: settings.TENON_SOURCE_KAFKA_TLS,
    TENON_KAFKA_CERT: settings.TENON_SOURCE_KAFKA_CERT,
    TENON_KAFKA_KEY: settings.TENON_SOURCE_KAFKA_KEY,
    TENON_KAFKA_SASL: settings.TENON_SOURCE_KAFKA_SASL,
    TENON_KAFKA_USERNAME: settings.TENON_SOURCE_KAFKA_USERNAME,
    TENON_KAFKA_PASSWORD: settings.TENON_SOURCE_KAFKA_PASSWORD,
    TENON_KAFKA_TOKEN_URL: settings.TENON_SOURCE_KAFKA_TOKEN_URL,
    TENON_KAFKA_SCOPE: settings.TENON_SOURCE_KAFKA_SCOPE,
    // Nothing is made there.
    TENON_KAFKA_RETENTION: 'refuse',
  });
}

type Security = NonNullable<KafkaEventLogOptions['security']>;

const AUTHORITY =
  'Give on (certificates that the system trusts), off, or a file with the certificates of the authority (PEM).';
const CLIENT = 'Give a file with the certificate (or the key) that Kafka shall know this client by (PEM).';

function tls(settings: KafkaSettings): Pick<Security, 'ssl'> {
  const { TENON_KAFKA_TLS: setting, TENON_KAFKA_CERT: cert, TENON_KAFKA_KEY: key } = settings;
  if (setting === 'off') return {};
  const own = {
    ...(setting !== 'on' && { ca: readSettingFile('TENON_KAFKA_TLS', setting, AUTHORITY) }),
    ...(cert !== undefined && { cert: readSettingFile('TENON_KAFKA_CERT', cert, CLIENT) }),
    ...(key !== undefined && { key: readSettingFile('TENON_KAFKA_KEY', key, CLIENT) }),
  };
  return { ssl: Object.keys(own).length === 0 ? true : own };
}

function sasl(settings: KafkaSettings): Pick<Security, 'sasl'> {
  const { TENON_KAFKA_SASL: mechanism, TENON_KAFKA_TOKEN_URL: tokenUrl } = settings;
  if (mechanism === undefined) return {};
  const { TENON_KAFKA_USERNAME: username = '', TENON_KAFKA_PASSWORD: password = '' } = settings;
  if (mechanism === 'oauthbearer') {
    const client = { id: username, secret: password };
    const oauthBearerProvider = bearerTokens(tokenUrl ?? '', client, settings.TENON_KAFKA_SCOPE);
    return { sasl: { mechanism, oauthBearerProvider } };
  }
  // As kafkajs has its type: one of three, each with its own mechanism.
  return { sasl: { mechanism, username, password } as NonNullable<Security['sasl']> };
}

/** A token is asked for anew so many seconds before it ends. */
const EARLY_S = 30;

/** Tokens by OAuth's client credentials (RFC 6749, 4.4); one serves all connections until it is about to end. */
function bearerTokens(url: string, client: { id: string; secret: string }, scope: string | undefined) {
  const { origin, pathname, search } = new URL(url);
  const auth = { tokenHost: origin, tokenPath: `${pathname}${search}` };
  const issuer = new ClientCredentials({ client, auth });
  const ask = () => issuer.getToken(scope === undefined ? {} : { scope });
  let token: ReturnType<typeof ask> | null = null;
  return async (): Promise<{ value: string }> => {
    const known = await token?.catch(() => null);
    if (known === null || known === undefined || known.expired(EARLY_S)) token = ask();
    const { token: fields } = await (token as ReturnType<typeof ask>);
    return { value: String(fields['access_token']) };
  };
}
