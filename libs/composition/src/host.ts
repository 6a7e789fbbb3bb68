/** One process of Tenon: some services, or all five, with what every process needs around them. */
import { idOf } from '@tenon/domain';
import { TOPICS } from '@tenon/contracts';
import type { Logger, Route, RunningService } from '@tenon/ports';
import type { Settings, Statics } from '@tenon/runtime';
import {
  DiskWatch,
  Progress,
  createHttpServer,
  createMetrics,
  diskWarnings,
  healthRoutes,
  limitOutage,
  metricsRoute,
  observeRequests,
  sessionRoute,
  startProbe,
} from '@tenon/runtime';
import { createAccess } from './access';
import { archiveRoutes } from './archive-route';
import { topicsRoutes } from './topics-route';
import { catalogRoute } from './catalog-route';
import { controlRoutes } from './control';
import { Deployment } from './deployment';
import { describeSelf, nameInstance } from './instance';
import { measureDeployment, measureDisk, measureProcess } from './measure';
import { openApiRoute } from './openapi-route';
import type { Parts } from './parts';
import { createParts } from './parts';
import type { ReloadOptions, Reloaded } from './service-set';
import { ServiceSet } from './service-set';
import type { ServiceName } from './services';
import { servicesFor } from './services';
import { startVersions } from './versions';

export interface HostOptions {
  readonly services: readonly ServiceName[];
  /** A service that fails is started again here; else `failed` says so, and whoever runs the process starts it again. */
  readonly supervised: boolean;
  readonly settings: Settings;
  /** Of the embedded parts, if there are any. */
  readonly data: string;
  readonly logger: Logger;
  readonly statics?: readonly Statics[];
  /** The variables that say whether there are traces; absent: there are none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Of the embedded log, which lets whole segments go; absent: its own. */
  readonly segmentBytes?: number;
}

export interface Host {
  readonly url: string;
  readonly port: number;
  /** Products that are served. */
  readonly products: readonly string[];
  /** Resolves with the reason once a service has failed for good; never where they are supervised. */
  readonly failed: Promise<unknown>;
  /** Reads the catalog again and goes on with it, if it is sound. Never rejects. */
  reload(): Promise<Reloaded>;
  /** Answers what is in flight, flushes what is held, lets go of the parts. */
  stop(): Promise<void>;
}

/** The parts that the settings name. */
function partsOf({ services, settings, data, logger, environment, segmentBytes }: HostOptions): Parts {
  const name = services.length === 1 ? `tenon-${services[0]}` : 'tenon';
  return createParts(settings, data, logger, name, environment, segmentBytes);
}

/**
 * @param parts closed at its end
 * @throws Refusal with every problem of the catalog; TenonError for a server that can't be used or a data directory in use
 */
export async function startHost(options: HostOptions, parts = partsOf(options)): Promise<Host> {
  const begun: Begun = {};
  try {
    return await compose(parts, options, begun);
  } catch (error) {
    // E.g. the port is taken: nothing that was started may go on, or keep the process alive.
    await end(parts, begun).catch(() => undefined);
    throw error;
  }
}

/** What has been started, to be ended whether or not the rest starts. */
interface Begun {
  set?: ServiceSet;
  watch?: Closable;
  limit?: Closable;
  deployment?: Closable;
  versions?: Closable;
  server?: Closable;
  guard?: Closable;
}

interface Closable {
  close(): Promise<void>;
}

/** A query may run this long into the end; then it is ended, and is made anew by whoever starts next. */
const INTERRUPT_MS = 5_000;

async function end(parts: Parts, begun: Begun): Promise<void> {
  const interrupt = setTimeout(() => void parts.interrupt().catch(() => undefined), INTERRUPT_MS);
  try {
    await endAll(parts, begun);
  } finally {
    clearTimeout(interrupt);
  }
}

/** Ends everything, whatever becomes of the single parts. @throws the first error, at the end */
async function endAll(
  parts: Parts,
  { set, watch, limit, deployment, versions, server, guard }: Begun,
): Promise<void> {
  const errors: unknown[] = [];
  const steps = [
    // Clients first, then the path of the data from its source to its end, so that what is accepted still flows.
    () => server?.close(),
    () => limit?.close(),
    () => guard?.close(),
    () => versions?.close(),
    ...(set?.ending() ?? []),
    () => deployment?.close(),
    () => watch?.close(),
    () => parts.close(),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function compose(parts: Parts, options: HostOptions, begun: Begun): Promise<Host> {
  const { settings } = options;
  const { TENON_TLS_CERT: certFile, TENON_TLS_KEY: keyFile } = settings;
  const metrics = createMetrics();
  let failed: (reason: unknown) => void = () => undefined;
  const failure = new Promise<unknown>((resolve) => (failed = resolve));
  const set = await ServiceSet.open({
    ...{ names: options.services, parts, settings, metrics, logger: parts.logger },
    ...(!options.supervised && { failed }),
  });
  begun.set = set;
  await set.start();

  const running = () => set.services.map((service) => service.current());
  const healths = () =>
    set.services.map((service) => ({ name: service.name, ready: () => service.readiness() }));
  const watch = await startWatch(parts, running, options.services.includes('ingestion'));
  begun.watch = watch;
  const { TENON_OUTAGE_LIMIT: limitMs } = settings;
  if (limitMs !== undefined)
    begun.limit = limitOutage({ clock: parts.clock, limitMs, away: watch.health.troubles, failed });
  measureProcess(metrics.scope(''), watch.progress, set.services, watch.health);
  measureDeployment(metrics.scope(''), set, await parts.bus());
  parts.passedOver.measure(metrics.scope(''));
  const deployment = await startDeployment(parts, set, settings, watch);
  begun.deployment = deployment;
  const versions = await startVersions(parts, set, settings, () => deployment.instancesOf('serving'));
  begun.versions = versions;
  const guard = createAccess(settings, parts.logger);
  if (guard !== undefined) begun.guard = { close: async () => guard.close() };
  const disk = new DiskWatch(parts.places());
  measureDisk(metrics.scope(''), disk);
  const routes: Route[] = [
    ...set.routes(),
    ...controlRoutes({
      deployment,
      bus: await parts.bus(),
      clock: parts.clock,
      services: () => set.services,
      products: () => set.catalog.plans.map(idOf),
      disk,
    }),
    ...versions.routes,
    catalogRoute(parts, set),
    ...archiveRoutes(parts, settings, set),
    ...topicsRoutes(parts, settings, options.data),
    ...healthRoutes({ services: healths, ...watch.health, degraded: () => degradedOf(set, disk) }),
    metricsRoute(metrics),
    ...(guard === undefined ? [] : [sessionRoute(guard, certFile !== undefined)]),
    openApiRoute({
      ...{ routes: () => routes, catalog: () => set.catalog, plans: () => versions.plans() },
      guarded: guard !== undefined,
    }),
  ];
  const server = await createHttpServer({
    routes,
    ...(guard !== undefined && { guard }),
    host: settings.TENON_HOST,
    port: settings.TENON_PORT,
    browsers: {
      hosts: [settings.TENON_HOST, ...settings.TENON_HOSTS],
      origins: settings.TENON_ORIGINS,
    },
    ...(certFile !== undefined && keyFile !== undefined && { tls: { certFile, keyFile } }),
    logger: parts.logger,
    ids: parts.ids,
    limits: {
      maxInflationRatio: settings.TENON_MAX_INFLATION,
      maxStreams: settings.TENON_MAX_STREAMS,
      maxStreamsPerAddress: settings.TENON_MAX_STREAMS_PER_ADDRESS,
    },
    observe: observeRequests(metrics.scope('')),
    metrics: metrics.scope(''),
    ...(options.statics !== undefined && { statics: options.statics }),
  });
  begun.server = server;

  let stopped: Promise<void> | undefined;
  return {
    url: server.url,
    port: server.port,
    products: set.catalog.plans.map((plan) => plan.product),
    failed: failure,
    reload: () => set.reload(),
    stop: () => (stopped ??= end(parts, begun)),
  };
}

/** What of the process is not as it should be, though its services do their work. */
function degradedOf(set: ServiceSet, disk: DiskWatch): string[] {
  const failed = set.services.flatMap((service) => {
    const failure = service.lastFailure();
    return failure === null ? [] : [`${service.name}: it was started again: ${failure.reason}`];
  });
  const refused = set.refused.slice(0, 1).map(({ message }) => `catalog: it was refused: ${message}`);
  void disk.read().catch(() => undefined);
  return [...failed, ...refused, ...diskWarnings(disk.latest).map(({ message }) => `disk: ${message}`)];
}

async function startDeployment(
  parts: Parts,
  set: ServiceSet,
  settings: Settings,
  watch: Watch,
): Promise<Deployment> {
  const { progress, health } = watch;
  const { clock, logger } = parts;
  const self = { instance: nameInstance(), services: set.services.map(({ name }) => name) };
  const states = describeSelf({
    ...{ instance: self.instance, clock },
    services: () => set.services,
    catalog: () => set.catalog,
    lags: () => progress.lags(),
    refused: () => set.refused,
    ...health,
  });
  const bus = await parts.bus();
  const needed = () => servicesFor(set.catalog.plans, settings);
  const reload = (options: ReloadOptions) => set.reload(options);
  const deployment = new Deployment({ bus, clock, logger, self, states, needed, reload });
  await deployment.start();
  return deployment;
}

type Watch = Awaited<ReturnType<typeof startWatch>>;

/** Looks at the log and the store from time to time, for health and lag. */
async function startWatch(parts: Parts, services: () => readonly RunningService[], ingestion: boolean) {
  const { clock } = parts;
  const progress = new Progress({
    clock,
    services,
    log: await parts.log(),
    ...(ingestion && { probe: TOPICS.cuts }),
  });
  progress.start();
  const probes = [];
  // A layer's store that is away is its products' matter, whose answers say so.
  if (parts.opened().includes(parts.home)) {
    const store = await parts.store();
    probes.push({
      part: 'store',
      ...startProbe(clock, () => store.snapshot((snapshot) => snapshot.get('meta', 'probe'))),
    });
  }
  const all = [{ part: 'log', trouble: () => progress.trouble(), close: () => progress.close() }, ...probes];
  return {
    progress,
    health: {
      stuck: () => progress.stuck(),
      troubles: () =>
        all.flatMap(({ part, trouble }) => {
          const reason = trouble();
          return reason === null ? [] : [`${part}: ${reason}`];
        }),
    },
    close: async () => {
      for (const one of all) await one.close();
    },
  };
}
