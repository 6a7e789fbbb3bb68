/** The settings of NATS as the adapter takes them. */
import type { NatsBusOptions } from '@tenon/adapters-nats';
import type { Settings } from '@tenon/runtime';
import { readSettingFile } from './setting-files';

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
  const { TENON_NATS_CA: ca, TENON_NATS_CERT: cert, TENON_NATS_KEY: key } = settings;
  const { TENON_NATS_CREDS: creds, TENON_NATS_NKEY: nkey, TENON_BUS_SECRET: secret } = settings;
  const tls = {
    ...(ca !== undefined && { ca: readSettingFile('TENON_NATS_CA', ca, AUTHORITY) }),
    ...(cert !== undefined && { cert: readSettingFile('TENON_NATS_CERT', cert, CLIENT) }),
    ...(key !== undefined && { key: readSettingFile('TENON_NATS_KEY', key, CLIENT) }),
  };
  return {
    url: settings.TENON_NATS_URL ?? '',
    deployment: settings.TENON_DEPLOYMENT,
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(creds !== undefined && { creds: readSettingFile('TENON_NATS_CREDS', creds, CREDS) }),
    ...(nkey !== undefined && { nkeySeed: readSettingFile('TENON_NATS_NKEY', nkey, NKEY).trim() }),
    ...(secret !== undefined && { secret }),
  };
}
