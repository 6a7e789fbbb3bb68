/** The settings of NATS as the adapter takes them. */
import type { NatsBusOptions, NatsIdentity } from '@tenon/adapters-nats';
import type { Settings } from '@tenon/runtime';
import { readSettingFile } from './setting-files';

type IdentitySettings = Pick<Settings, Extract<keyof Settings, `TENON_NATS_${string}`>>;
type NatsSettings = Pick<
  Settings,
  Extract<keyof Settings, `TENON_NATS_${string}`> | 'TENON_DEPLOYMENT' | 'TENON_BUS_SECRET'
>;

const AUTHORITY = 'Give a file with the certificates of the authority (PEM).';
const CLIENT = 'Give a file with the certificate (or the key) that NATS shall know this client by (PEM).';
const CREDS = 'Give the .creds file of a NATS user, as nsc writes it.';
const NKEY = 'Give a file that holds the seed of a user nkey; it begins with SU.';

/** @throws TenonError `invalid-setting` for a file that can't be read */
export function natsOptions(settings: NatsSettings): NatsBusOptions {
  const { TENON_BUS_SECRET: secret } = settings;
  return {
    ...identityOf(settings),
    deployment: settings.TENON_DEPLOYMENT,
    ...(secret !== undefined && { secret }),
  };
}

type SourceNatsSettings = Pick<Settings, Extract<keyof Settings, `TENON_SOURCE_NATS_${string}`>>;

/** Of the NATS that sources take their events from: its own settings, or the bus's where it has none. */
export function sourceNatsOptions(settings: IdentitySettings & SourceNatsSettings): NatsIdentity {
  if (settings.TENON_SOURCE_NATS_URL === undefined) return identityOf(settings);
  return identityOf({
    TENON_NATS_URL: settings.TENON_SOURCE_NATS_URL,
    TENON_NATS_CA: settings.TENON_SOURCE_NATS_CA,
    TENON_NATS_CERT: settings.TENON_SOURCE_NATS_CERT,
    TENON_NATS_KEY: settings.TENON_SOURCE_NATS_KEY,
    TENON_NATS_CREDS: settings.TENON_SOURCE_NATS_CREDS,
    TENON_NATS_NKEY: settings.TENON_SOURCE_NATS_NKEY,
  });
}

function identityOf(settings: IdentitySettings): NatsIdentity {
  const { TENON_NATS_CA: ca, TENON_NATS_CERT: cert, TENON_NATS_KEY: key } = settings;
  const { TENON_NATS_CREDS: creds, TENON_NATS_NKEY: nkey } = settings;
  const tls = {
    ...(ca !== undefined && { ca: readSettingFile('TENON_NATS_CA', ca, AUTHORITY) }),
    ...(cert !== undefined && { cert: readSettingFile('TENON_NATS_CERT', cert, CLIENT) }),
    ...(key !== undefined && { key: readSettingFile('TENON_NATS_KEY', key, CLIENT) }),
  };
  return {
    url: settings.TENON_NATS_URL ?? '',
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(creds !== undefined && { creds: readSettingFile('TENON_NATS_CREDS', creds, CREDS) }),
    ...(nkey !== undefined && { nkeySeed: readSettingFile('TENON_NATS_NKEY', nkey, NKEY).trim() }),
  };
}
