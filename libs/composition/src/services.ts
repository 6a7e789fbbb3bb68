/** The five services: what each is made of, in the order in which data flows through them. */
import type { LetterLimits, Plan, SourceDefinition } from '@tenon/domain';
import { createTables } from '@tenon/adapters-columnar';
import { archivedRecords } from '@tenon/archive';
import { idOf } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { EventLog, Metrics, OlderTier, RunningService } from '@tenon/ports';
import type { PlannedCatalog, SettingName, Settings } from '@tenon/runtime';
import type { BatchDeps } from '@tenon/service-batch';
import { BATCH_DEFAULTS, createArchive, createBatch } from '@tenon/service-batch';
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { createTieredLog, withLosses } from '@tenon/tiered-log';
import { lossBook, servedPointers, troubleBook, readThrottle } from '@tenon/views';
import { feedOpener, folderOpener } from './feeds';
import type { Noted } from './known-log';
import { knownLog } from './known-log';
import { lossesOf } from './losses';
import { layersOf, pointersOf, storesOf, troublesOf, zonesOf } from './layers';
import type { Parts } from './parts';

export const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'] as const;
/** `archive`: what batch does beside its runs, as a service of its own (`TENON_ROLE`). */
export type ServiceName = (typeof SERVICES)[number] | 'archive';

/** The services that products need: batch is for those in Lambda; something has to archive where the log lets go what is archived. */
export function servicesFor(
  plans: readonly Pick<Plan, 'topology'>[],
  { TENON_LOG_RETENTION: retention }: Pick<Settings, 'TENON_LOG_RETENTION'>,
): readonly ServiceName[] {
  if (plans.some(({ topology }) => topology !== 'kappa')) return SERVICES;
  return SERVICES.flatMap((name) => (name !== 'batch' ? name : retention === null ? [] : 'archive'));
}

/** What a service is given to start. */
export interface ServiceContext {
  readonly parts: Parts;
  readonly catalog: Pick<PlannedCatalog, 'sources' | 'plans'>;
  /** What runs by now: services may have gone on with others than they were started with. */
  readonly plans: () => readonly Plan[];
  readonly settings: Settings;
  readonly metrics: Metrics;
}

interface ServiceKind {
  /** Where it listens when it is alone. */
  readonly port: number;
  /** Whether instances of it may have one layer each. */
  readonly ofLayers?: boolean;
  /** The servers that it can't do without when it is alone. */
  readonly servers: readonly SettingName[];
  start(context: ServiceContext): Promise<RunningService>;
}

const LOG_AND_BUS = ['TENON_KAFKA_BROKERS', 'TENON_NATS_URL'] as const;
const LOG_BUS_AND_STORE = [...LOG_AND_BUS, 'TENON_MONGODB_URL'] as const;

export const KINDS: Readonly<Record<ServiceName, ServiceKind>> = {
  ingestion: {
    port: 7071,
    servers: LOG_AND_BUS,
    start: async ({ parts, catalog, settings, metrics }) =>
      createIngestion({
        ...environmentOf('ingestion', parts),
        log: await ingestionLog(parts, catalog, settings),
        bus: await parts.bus(),
        metrics,
        openFeed: feedOpener(catalog.sources, settings, parts),
        openFolder: folderOpener(settings),
        acceptedStreams: settings.TENON_ACCEPT_TOPICS,
        sources: catalog.sources,
        products: catalog.plans.map(idOf),
        config: {
          cutEveryMs: settings.TENON_CUT_EVERY,
          maxBodyBytes: settings.TENON_MAX_BODY,
          maxEventBytes: settings.TENON_MAX_EVENT,
          maxKeyBytes: settings.TENON_MAX_KEY,
          deadLetters: letterLimits(settings),
          maxArrayItems: settings.TENON_MAX_BATCH,
          maxFutureMs: settings.TENON_MAX_FUTURE,
        },
      }),
  },
  speed: {
    port: 7072,
    servers: LOG_BUS_AND_STORE,
    start: async (context) =>
      createSpeed({
        ...(await withTieredLog('speed', context)),
        engine: await context.parts.engine(),
        config: {
          ...SPEED_DEFAULTS,
          deadLetters: letterLimits(context.settings),
          maxEpochCells: context.settings.TENON_MAX_EPOCH_CELLS,
          maxMicroBatchMs: context.settings.TENON_MAX_MICRO_BATCH,
        },
      }),
  },
  batch: {
    port: 7073,
    servers: [...LOG_BUS_AND_STORE, 'TENON_LAKE'],
    start: async (context) => createBatch(await batchDeps('batch', context)),
  },
  archive: {
    port: 7073,
    servers: [...LOG_BUS_AND_STORE, 'TENON_LAKE'],
    start: async (context) => createArchive(await batchDeps('archive', context)),
  },
  consumption: {
    port: 7074,
    ofLayers: true,
    servers: LOG_BUS_AND_STORE,
    start: async (context) => {
      const { layers, ...deps } = await logBusAndStore('consumption', context);
      const zones = zonesOf(context.settings.TENON_LAYER, layers, deps);
      return createConsumption({ ...deps, zones, config: CONSUMPTION_DEFAULTS });
    },
  },
  serving: {
    port: 7075,
    ofLayers: true,
    servers: LOG_BUS_AND_STORE,
    start: async (context) => {
      const { layers, ...deps } = await logBusAndStore('serving', context);
      const { TENON_LAYER: scope } = context.settings;
      return createServing({
        ...deps,
        ...{ scope, stores: storesOf(scope, layers, deps) },
        losses: lossesOf(scope, layers, deps),
        engine: await context.parts.engine(),
        tables: createTables(),
        config: {
          ...SERVING_DEFAULTS,
          maxAnswerBytes: context.settings.TENON_MAX_ANSWER,
          maxSendingBytes: context.settings.TENON_MAX_SENDING,
          maxRefusedPercent: context.settings.TENON_MAX_REFUSED,
          questions: {
            atOnce: context.settings.TENON_MAX_QUESTIONS,
            waiting: context.settings.TENON_MAX_WAITING_QUESTIONS,
          },
        },
      });
    },
  },
};

const batchDeps = async (service: ServiceName, context: ServiceContext): Promise<BatchDeps> => ({
  ...(await withTieredLog(service, context)),
  engine: await context.parts.engine(),
  lake: await context.parts.lake(),
  config: {
    ...BATCH_DEFAULTS,
    leaseMs: context.settings.TENON_SESSION_TIMEOUT,
    archiveRetentionMs: context.settings.TENON_ARCHIVE_RETENTION,
    logRetentionMs: context.settings.TENON_LOG_RETENTION,
    maxRunMs: context.settings.TENON_MAX_RUN,
  },
});

/** Alone, ingestion needs no store, and goes on without the one that it is told of. */
function notedFor({ opened, home }: Parts, settings: Settings): Noted {
  if (settings.TENON_KAFKA_BROKERS === undefined) return 'store';
  return settings.TENON_MONGODB_URL !== undefined || opened().includes(home) ? 'both' : 'log';
}

/** What is in the log of a stream that others write is looked for in the log's older part too. */
async function ingestionLog(
  parts: Parts,
  catalog: ServiceContext['catalog'],
  settings: Settings,
): Promise<EventLog> {
  const log = await knownLog(parts, notedFor(parts, settings), settings.TENON_ACCEPT_TOPICS, catalog);
  const fed = catalog.sources.filter(({ from }) => from !== undefined);
  if (fed.length === 0) return log;
  const { TENON_KAFKA_BROKERS: brokers, TENON_LAKE: lake, TENON_MONGODB_URL: store } = settings;
  if (brokers !== undefined && settings.TENON_LOG_RETENTION === null) return log;
  if (brokers === undefined || (lake !== undefined && store !== undefined))
    return createTieredLog(log, await archiveOf(parts, fed), parts.logger);
  throw new Refusal(
    'configuration',
    fed.map(({ name }) => ({
      code: 'missing-setting',
      message: `The source ${name} is fed from a stream of others, and ingestion looks into its log for what is there already. With TENON_LOG_RETENTION it needs TENON_LAKE and TENON_MONGODB_URL for that.`,
      place: { file: `sources/${name}.yaml` },
    })),
  );
}

const archiveOf = async (parts: Parts, sources: readonly SourceDefinition[]): Promise<OlderTier> =>
  archivedRecords({
    store: await parts.store(),
    lake: await parts.lake(),
    engine: await parts.engine(),
    sources,
  });

const letterLimits = (settings: Settings): LetterLimits => ({
  letters: settings.TENON_MAX_DEAD_LETTERS,
  bytes: settings.TENON_MAX_DEAD_LETTER_BYTES,
});

/** How the servers' settings look, for who has not set them. */
export const SERVER_EXAMPLES: Partial<Readonly<Record<SettingName, string>>> = {
  TENON_KAFKA_BROKERS: 'localhost:9092',
  TENON_NATS_URL: 'nats://localhost:4222',
  TENON_MONGODB_URL: 'mongodb://localhost:27017/tenon?replicaSet=rs0',
  TENON_LAKE: '/var/lib/tenon/lake',
};

const environmentOf = (service: ServiceName, { clock, ids, logger, tracing, passedOver }: Parts) => ({
  clock,
  ids,
  logger: logger.child({ service }),
  tracer: tracing.scope(service),
  passedOver,
});

async function logBusAndStore(service: ServiceName, context: ServiceContext) {
  const { parts, catalog, settings, metrics } = context;
  const { sources, plans } = catalog;
  const store = await parts.store();
  const layers = await layersOf(parts, plans, settings.TENON_LAYER);
  return {
    ...environmentOf(service, parts),
    log: await knownLog(parts, 'store', settings.TENON_ACCEPT_TOPICS, catalog),
    bus: await parts.bus(),
    ...{ store, layers },
    pointers: pointersOf(
      layers,
      service === 'batch' ? 'batch' : 'speed',
      context.plans,
      servedPointers(store),
    ),
    throttle: readThrottle(store),
    troubles: troublesOf(layers, context.plans, troubleBook(store, parts.clock)),
    ...{ metrics, sources, plans },
  };
}

/** With the archive as the older part of the log, where this process can reach it, and what was accepted as lost. */
async function withTieredLog(service: ServiceName, context: ServiceContext) {
  const { parts, catalog, settings } = context;
  const made = await logBusAndStore(service, context);
  const losses = lossBook(made.store);
  const tiered = (older: OlderTier) => ({
    ...made,
    ...{ older, losses, log: createTieredLog(made.log, older, made.logger) },
  });
  if (settings.TENON_LAKE === undefined && settings.TENON_KAFKA_BROKERS !== undefined)
    return tiered(withLosses(losses));
  return tiered(withLosses(losses, await archiveOf(parts, catalog.sources)));
}
