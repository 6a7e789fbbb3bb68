/**
 * Configuration by environment: one list, checked as a whole. Unknown or invalid settings are all reported at once, and
 * nothing starts. docs/configuration.md is this list in prose.
 */
import { z } from 'zod';
import type { Problem } from '@tenon/domain';
import { LETTER_LIMITS } from '@tenon/domain';
import { Refusal } from '@tenon/errors';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `30s`, `5m`, `1h`, `250ms`; milliseconds. */
const duration = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)$/.exec(text.trim());
  const unit = match === null ? undefined : UNITS[match[2] as string];
  if (match !== null && unit !== undefined) return Number(match[1]) * unit;
  context.addIssue({ code: 'custom', message: 'is a duration such as 30s, 5m or 1h' });
  return z.NEVER;
});

const durationBetween = (min: number, max: number, message: string) =>
  duration.refine((ms) => ms >= min && ms <= max, { message });

const durationOrOff = z.string().transform((text, context) => {
  if (text.trim() === 'off') return null;
  const parsed = duration.safeParse(text);
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'is a duration such as 30s, 5m or 1h, or off' });
  return z.NEVER;
});

const integer = (min: number, max: number) =>
  z.string().transform((text, context) => {
    const value = /^\d{1,12}$/.test(text.trim()) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `is a whole number from ${min} to ${max}` });
    return z.NEVER;
  });

/** Several may be given, separated by commas. */
const list = (one: RegExp, message: string) =>
  z.string().refine((text) => text.split(',').every((part) => one.test(part.trim())), message);

const parts = (text: string): string[] => text.split(',').map((part) => part.trim());

const httpUrl = z.string().regex(/^https?:\/\/[^\s/]+/i, 'is an http:// or https:// URL');

const mongoUrl = z.string().regex(/^mongodb(\+srv)?:\/\/[^\s/]+/i, 'is mongodb://host:port/…');

const maxRowsPerEvent = integer(1, 10_000_000).default(10_000);

const memory = z.string().regex(/^\d+(\.\d+)?\s*(MB|MiB|GB|GiB)$/, 'is a size such as 512MiB or 2GiB');

const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1e6, MiB: 2 ** 20, GB: 1e9, GiB: 2 ** 30 };
const bytesOf = (text: string) => parseFloat(text) * (UNIT_BYTES[text.replace(/[\d.\s]/g, '')] ?? NaN);

// Longer than a timer can wait.
const maxTime = durationBetween(1, 20 * 86_400_000, 'is from 1ms to 20d');
const maxPlanning = maxTime.default(10_000);
/** With less, not even the functions that there are can be read. */
const maxPlanningMemory = memory
  .refine((text) => bytesOf(text) >= 16e6, 'is at least 16MB')
  .default('512MiB');

/** What the engine is made with to check a catalog; other settings, and whether these are right, do not matter there. */
export const plannerOptions = (environment: Readonly<Record<string, string | undefined>>) => ({
  maxRowsPerEvent: maxRowsPerEvent.catch(10_000).parse(environment['TENON_MAX_ROWS_PER_EVENT']),
  planning: {
    mostMs: maxPlanning.catch(10_000).parse(environment['TENON_MAX_PLANNING']),
    memoryLimit: maxPlanningMemory.catch('512MiB').parse(environment['TENON_MAX_PLANNING_MEMORY']),
  },
});

const kafkaBrokers = list(
  /^(\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5}$/i,
  'is host:port of one or more brokers, separated by commas',
).optional();

const natsUrl = list(
  /^((nats|tls):\/\/)?[^\s/]+\/?$/i,
  'is nats://host:port (or tls://), several separated by commas',
).optional();

const saslMechanism = z.enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer']).optional();

/** Every setting, with what an absent one means. */
export const SETTINGS = {
  TENON_KAFKA_BROKERS: kafkaBrokers,
  TENON_KAFKA_TLS: z.string().default('off'),
  TENON_KAFKA_CERT: z.string().optional(),
  TENON_KAFKA_KEY: z.string().optional(),
  TENON_KAFKA_SASL: saslMechanism,
  TENON_KAFKA_USERNAME: z.string().optional(),
  TENON_KAFKA_PASSWORD: z.string().optional(),
  TENON_KAFKA_TOKEN_URL: httpUrl.optional(),
  TENON_KAFKA_SCOPE: z.string().optional(),
  TENON_KAFKA_REPLICATION: integer(1, 32).optional(),
  TENON_KAFKA_MIN_INSYNC: integer(1, 32).optional(),
  TENON_ACCEPT_TOPICS: list(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    'is ids of topics, separated by commas',
  )
    .transform(parts)
    .default([]),
  TENON_KAFKA_RETENTION: z.enum(['refuse', 'allow'], 'is refuse or allow').default('refuse'),
  TENON_LOG_RETENTION: durationOrOff
    .refine((ms) => ms === null || ms >= 1000, { message: 'is 1s at least, or off' })
    .default(null),
  TENON_SOURCE_KAFKA_BROKERS: kafkaBrokers,
  TENON_SOURCE_KAFKA_TLS: z.string().default('off'),
  TENON_SOURCE_KAFKA_CERT: z.string().optional(),
  TENON_SOURCE_KAFKA_KEY: z.string().optional(),
  TENON_SOURCE_KAFKA_SASL: saslMechanism,
  TENON_SOURCE_KAFKA_USERNAME: z.string().optional(),
  TENON_SOURCE_KAFKA_PASSWORD: z.string().optional(),
  TENON_SOURCE_KAFKA_TOKEN_URL: httpUrl.optional(),
  TENON_SOURCE_KAFKA_SCOPE: z.string().optional(),
  TENON_NATS_URL: natsUrl,
  TENON_NATS_CA: z.string().optional(),
  TENON_NATS_CERT: z.string().optional(),
  TENON_NATS_KEY: z.string().optional(),
  TENON_NATS_CREDS: z.string().optional(),
  TENON_NATS_NKEY: z.string().optional(),
  TENON_SCHEMA_REGISTRY_URL: httpUrl.optional(),
  TENON_SCHEMA_REGISTRY_USERNAME: z.string().optional(),
  TENON_SCHEMA_REGISTRY_PASSWORD: z.string().optional(),
  TENON_SOURCE_FILES: z.string().min(1).default('.'),
  TENON_SOURCE_NATS_URL: natsUrl,
  TENON_SOURCE_NATS_CA: z.string().optional(),
  TENON_SOURCE_NATS_CERT: z.string().optional(),
  TENON_SOURCE_NATS_KEY: z.string().optional(),
  TENON_SOURCE_NATS_CREDS: z.string().optional(),
  TENON_SOURCE_NATS_NKEY: z.string().optional(),
  TENON_DEPLOYMENT: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'is a name of small letters, digits and -, at most 63')
    .default('tenon'),
  TENON_BUS_SECRET: z.string().min(16, 'has at least 16 characters').optional(),
  TENON_MONGODB_URL: mongoUrl.optional(),
  TENON_BATCH_STORE: mongoUrl.optional(),
  TENON_SPEED_STORE: mongoUrl.optional(),
  TENON_LAYER: z
    .enum(['all', 'combined', 'batch', 'speed'], 'is all, combined, batch or speed')
    .default('all'),
  TENON_ROLE: z.enum(['all', 'archive'], 'is all or archive').default('all'),
  TENON_MONGODB_CA: z.string().optional(),
  TENON_MONGODB_CERT: z.string().optional(),
  TENON_LAKE: z
    .string()
    .regex(/^(?![a-z][a-z0-9+.-]+:\/\/)/i, 'is a directory; object stores are not supported yet')
    .optional(),
  TENON_CATALOG: z.string().default('catalog'),
  TENON_DATA: z.string().default('.tenon'),
  TENON_HOST: z.string().default('127.0.0.1'),
  TENON_PORT: integer(0, 65_535).default(7070),
  TENON_AUTH: z.enum(['none', 'tokens', 'oidc']).default('none'),
  TENON_INSECURE: z.enum(['on', 'off']).default('off'),
  TENON_TOKENS: z.string().optional(),
  TENON_OIDC_ISSUER: httpUrl.optional(),
  TENON_OIDC_AUDIENCE: z.string().optional(),
  TENON_OIDC_KEYS: httpUrl.optional(),
  TENON_OIDC_CLAIM: z.string().default('scope'),
  TENON_TOKEN: z.string().optional(),
  TENON_TOKEN_FILE: z.string().optional(),
  TENON_TLS_CERT: z.string().optional(),
  TENON_TLS_KEY: z.string().optional(),
  TENON_URL: z.string().optional(),
  TENON_HOSTS: list(
    /^(\*|(\*\.)?[\w-]+(\.[\w-]+)*)$/,
    'is one or more host names without a port, separated by commas; *.name for all below one',
  )
    .transform(parts)
    .default([]),
  TENON_ORIGINS: list(
    /^https?:\/\/[^\s/*]+$/i,
    'is one or more origins such as https://board.example, separated by commas',
  )
    .transform(parts)
    .default([]),
  TENON_VERSION_GRACE: durationBetween(0, 366 * 86_400_000, 'is at most 366d').default(3_600_000),
  TENON_ARCHIVE_RETENTION: durationOrOff.default(null),
  TENON_CUT_EVERY: durationOrOff.default(60_000),
  TENON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  TENON_MAX_BODY: integer(1024, 1 << 30).default(8 << 20),
  TENON_MAX_EVENT: integer(1024, 1 << 30).default(1 << 20),
  TENON_MAX_KEY: integer(1, 1 << 20).default(4096),
  TENON_MAX_INFLATION: integer(1, 1_000_000).default(100),
  TENON_MAX_DEAD_LETTERS: integer(0, 1_000_000_000).default(LETTER_LIMITS.letters),
  TENON_MAX_DEAD_LETTER_BYTES: integer(0, 999_999_999_999).default(LETTER_LIMITS.bytes),
  TENON_MAX_ANSWER: integer(1024, 1 << 30).default(32 << 20),
  TENON_MAX_SENDING: integer(0, 2 ** 40).default(256 << 20),
  TENON_MAX_ROWS_PER_EVENT: maxRowsPerEvent,
  TENON_MAX_EPOCH_CELLS: integer(1, 1_000_000_000).default(2_000_000),
  TENON_MAX_RUN: maxTime.default(6 * 3_600_000),
  TENON_MAX_MICRO_BATCH: maxTime.default(120_000),
  TENON_MAX_PLANNING: maxPlanning,
  TENON_MAX_PLANNING_MEMORY: maxPlanningMemory,
  TENON_MAX_REFUSED: integer(0, 100).default(10),
  TENON_MAX_QUESTIONS: integer(1, 10_000).default(16),
  TENON_MAX_WAITING_QUESTIONS: integer(0, 1_000_000).default(1000),
  TENON_MAX_STREAMS: integer(0, 100_000).default(1000),
  TENON_MAX_STREAMS_PER_ADDRESS: integer(0, 100_000).default(100),
  TENON_MAX_BATCH: integer(1, 1_000_000).default(10_000),
  TENON_MAX_FUTURE: duration.default(24 * 3_600_000),
  // Kafka's brokers take from 6 s to 30 min by default.
  TENON_SESSION_TIMEOUT: durationBetween(1000, 1_800_000, 'is from 1s to 30m').default(10_000),
  TENON_OUTAGE_LIMIT: durationBetween(1000, 366 * 86_400_000, 'is from 1s to 366d').optional(),
  TENON_ENGINE_THREADS: integer(1, 256).optional(),
  TENON_ENGINE_MEMORY: memory.optional(),
} as const;

const SCHEMA = z.object(SETTINGS);
export type Settings = z.infer<typeof SCHEMA>;
export type SettingName = keyof Settings;

export interface SettingsOptions {
  /** Settings that must be given, and an example of each. */
  readonly required?: Partial<Readonly<Record<SettingName, string>>>;
  /** Other defaults than the usual ones, as they would stand in the environment. */
  readonly defaults?: Partial<Readonly<Record<SettingName, string>>>;
}

/**
 * Reads the settings from an environment. Other variables that do not begin with `TENON_` are nobody's business here.
 *
 * @throws Refusal naming every unknown, missing and invalid setting; values are not shown, since one may be a secret
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  { required = {}, defaults = {} }: SettingsOptions = {},
): Settings {
  const given = Object.entries(environment).filter(
    // Those of `npm run stack:up` stand in the environment of whoever exported what it prints.
    ([name, value]) => /^TENON_(?!STACK_)/.test(name) && value !== undefined && value !== '',
  );
  const problems: Problem[] = given
    .filter(([name]) => !(name in SETTINGS))
    .map(([name]) => ({
      code: 'unknown-setting',
      message: `${name} is not a setting of Tenon.`,
      hint: `Settings: ${Object.keys(SETTINGS).join(', ')}.`,
    }));
  const names = new Set(given.map(([name]) => name));
  for (const [name, example] of Object.entries(required))
    if (!names.has(name))
      problems.push({
        code: 'missing-setting',
        message: `${name} is not set.`,
        hint: `For example ${name}=${example}`,
      });
  const parsed = SCHEMA.safeParse({ ...defaults, ...Object.fromEntries(given) });
  if (!parsed.success)
    for (const issue of parsed.error.issues)
      problems.push({ code: 'invalid-setting', message: `${issue.path.join('.')} ${issue.message}.` });
  else problems.push(...contradictions(parsed.data));
  if (problems.length > 0 || !parsed.success) throw new Refusal('configuration', problems);
  return parsed.data;
}

/** Settings that are right each by itself and not together. */
function contradictions(settings: Settings): Problem[] {
  const { TENON_KAFKA_REPLICATION: copies = Infinity, TENON_KAFKA_MIN_INSYNC: inSync = 1 } = settings;
  const messages = [
    ...NEEDS.flatMap(([name, needed]) => {
      const missing = settings[name] === undefined ? [] : needed.filter((one) => settings[one] === undefined);
      return missing.length === 0 ? [] : [`${name} needs ${missing.join(' and ')}.`];
    }),
    ...layerContradictions(settings),
    ...saslContradictions(settings),
    ...authContradictions(settings),
    ...(inSync > copies
      ? ['TENON_KAFKA_MIN_INSYNC is above TENON_KAFKA_REPLICATION: nothing could be appended.']
      : []),
  ];
  return messages.map((message) => ({ code: 'invalid-setting', message }));
}

/** What a setting can't do without. */
const NEEDS: readonly (readonly [SettingName, readonly SettingName[]])[] = [
  ['TENON_TLS_CERT', ['TENON_TLS_KEY']],
  ['TENON_TLS_KEY', ['TENON_TLS_CERT']],
  ['TENON_KAFKA_CERT', ['TENON_KAFKA_KEY']],
  ['TENON_KAFKA_KEY', ['TENON_KAFKA_CERT']],
  ['TENON_NATS_CERT', ['TENON_NATS_KEY']],
  ['TENON_NATS_KEY', ['TENON_NATS_CERT']],
  ['TENON_SCHEMA_REGISTRY_USERNAME', ['TENON_SCHEMA_REGISTRY_URL', 'TENON_SCHEMA_REGISTRY_PASSWORD']],
  ['TENON_SCHEMA_REGISTRY_PASSWORD', ['TENON_SCHEMA_REGISTRY_USERNAME']],
  ['TENON_SOURCE_NATS_CERT', ['TENON_SOURCE_NATS_URL', 'TENON_SOURCE_NATS_KEY']],
  ['TENON_SOURCE_NATS_KEY', ['TENON_SOURCE_NATS_CERT']],
  ['TENON_SOURCE_NATS_CA', ['TENON_SOURCE_NATS_URL']],
  ['TENON_SOURCE_NATS_CREDS', ['TENON_SOURCE_NATS_URL']],
  ['TENON_SOURCE_NATS_NKEY', ['TENON_SOURCE_NATS_URL']],
  ['TENON_KAFKA_SASL', ['TENON_KAFKA_USERNAME', 'TENON_KAFKA_PASSWORD']],
  ['TENON_KAFKA_USERNAME', ['TENON_KAFKA_SASL']],
  ['TENON_KAFKA_PASSWORD', ['TENON_KAFKA_SASL']],
  ['TENON_KAFKA_TOKEN_URL', ['TENON_KAFKA_SASL']],
  ['TENON_KAFKA_SCOPE', ['TENON_KAFKA_TOKEN_URL']],
  ['TENON_SOURCE_KAFKA_CERT', ['TENON_SOURCE_KAFKA_BROKERS', 'TENON_SOURCE_KAFKA_KEY']],
  ['TENON_SOURCE_KAFKA_KEY', ['TENON_SOURCE_KAFKA_CERT']],
  [
    'TENON_SOURCE_KAFKA_SASL',
    ['TENON_SOURCE_KAFKA_BROKERS', 'TENON_SOURCE_KAFKA_USERNAME', 'TENON_SOURCE_KAFKA_PASSWORD'],
  ],
  ['TENON_SOURCE_KAFKA_USERNAME', ['TENON_SOURCE_KAFKA_SASL']],
  ['TENON_SOURCE_KAFKA_PASSWORD', ['TENON_SOURCE_KAFKA_SASL']],
  ['TENON_SOURCE_KAFKA_TOKEN_URL', ['TENON_SOURCE_KAFKA_SASL']],
  ['TENON_SOURCE_KAFKA_SCOPE', ['TENON_SOURCE_KAFKA_TOKEN_URL']],
];

/** A process has to know of both stores what it needs, and each process the same. */
function* layerContradictions(settings: Settings): Generator<string> {
  const { TENON_LAYER: layer, TENON_MONGODB_URL: url } = settings;
  const [batch, speed] = [settings.TENON_BATCH_STORE, settings.TENON_SPEED_STORE];
  const isWhole = layer === 'all' || layer === 'combined';
  if (isWhole && url === undefined && (batch ?? speed) !== undefined)
    yield 'TENON_BATCH_STORE and TENON_SPEED_STORE need TENON_MONGODB_URL, for all other products.';
  if (layer === 'batch' || layer === 'combined') return;
  if (speed !== undefined && batch === undefined) yield 'TENON_SPEED_STORE needs TENON_BATCH_STORE.';
  if (batch !== undefined && speed === undefined && layer === 'all')
    yield 'TENON_BATCH_STORE needs TENON_SPEED_STORE.';
  if (layer === 'speed' && batch === undefined)
    yield 'TENON_LAYER=speed needs TENON_BATCH_STORE: the speed layer prunes what the batch layer serves.';
}

function* authContradictions(settings: Settings): Generator<string> {
  const { TENON_AUTH: auth, TENON_TOKENS: tokens, TENON_OIDC_ISSUER: issuer } = settings;
  if (auth === 'tokens' && tokens === undefined) yield 'TENON_AUTH=tokens needs TENON_TOKENS, a file.';
  if (auth === 'oidc' && (issuer === undefined || settings.TENON_OIDC_AUDIENCE === undefined))
    yield 'TENON_AUTH=oidc needs TENON_OIDC_ISSUER and TENON_OIDC_AUDIENCE.';
  if (auth === 'none' && (tokens !== undefined || issuer !== undefined))
    yield 'TENON_TOKENS and TENON_OIDC_ISSUER need TENON_AUTH: tokens or oidc.';
  if (auth === 'none' && settings.TENON_INSECURE === 'off' && !isLoopback(settings.TENON_HOST))
    yield `TENON_HOST lets others in, and TENON_AUTH does not say whom: give TENON_AUTH=tokens or oidc, or TENON_INSECURE=on (tenon up --insecure) where something in front of it does.`;
}

/** True for an address that only this machine reaches. */
const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

function* saslContradictions(settings: Settings): Generator<string> {
  for (const kafka of ['TENON_KAFKA', 'TENON_SOURCE_KAFKA'] as const) {
    const mechanism = settings[`${kafka}_SASL`];
    const tokenUrl = settings[`${kafka}_TOKEN_URL`];
    if (mechanism === 'oauthbearer' && tokenUrl === undefined)
      yield `${kafka}_SASL=oauthbearer needs ${kafka}_TOKEN_URL, which gives out the tokens.`;
    if (mechanism !== undefined && mechanism !== 'oauthbearer' && tokenUrl !== undefined)
      yield `${kafka}_TOKEN_URL is for ${kafka}_SASL=oauthbearer.`;
    if (settings[`${kafka}_CERT`] !== undefined && settings[`${kafka}_TLS`] === 'off')
      yield `${kafka}_CERT needs ${kafka}_TLS: on, or a file with the certificates of the authority.`;
  }
  if (settings.TENON_SOURCE_KAFKA_TLS !== 'off' && settings.TENON_SOURCE_KAFKA_BROKERS === undefined)
    yield 'TENON_SOURCE_KAFKA_TLS needs TENON_SOURCE_KAFKA_BROKERS.';
  if (settings.TENON_NATS_CREDS !== undefined && settings.TENON_NATS_NKEY !== undefined)
    yield 'TENON_NATS_CREDS and TENON_NATS_NKEY are two ways to say the same: give one.';
}
