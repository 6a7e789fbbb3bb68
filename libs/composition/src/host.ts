/** One process of Tenon: some services, or all five, with what every process needs around them. */
import { TOPICS } from '@tenon/contracts';
import type { Logger, Route, RunningService } from '@tenon/ports';
import type { Settings, Statics, Supervised } from '@tenon/runtime';
import {
  Progress,
  createHttpServer,
  createMetrics,
  healthRoutes,
  metricsRoute,
  observeRequests,
  registerPlans,
  startProbe,
  supervise,
} from '@tenon/runtime';
import { loadCatalog } from './catalog';
import { measureProcess } from './measure';
import type { Parts } from './parts';
import { createParts } from './parts';
import type { ServiceName } from './services';
import { KINDS } from './services';
import { respondStatus } from './status';

export interface HostOptions {
  readonly services: readonly ServiceName[];
  /** A service that fails is started again here; else `failed` says so, and whoever runs the process starts it again. */
  readonly supervised: boolean;
  readonly settings: Settings;
  /** Of the embedded parts, if there are any. */
  readonly data: string;
  readonly logger: Logger;
  readonly statics?: readonly Statics[];
}

export interface Host {
  readonly url: string;
  readonly port: number;
  /** Products that are served. */
  readonly products: readonly string[];
  /** Resolves with the reason once a service has failed for good; never where they are supervised. */
  readonly failed: Promise<unknown>;
  /** Answers what is in flight, flushes what is held, lets go of the parts. */
  stop(): Promise<void>;
}

/** @throws Refusal with every problem of the catalog; TenonError for a server that can't be used or a data directory in use */
export async function startHost(options: HostOptions): Promise<Host> {
  const name = options.services.length === 1 ? `tenon-${options.services[0]}` : 'tenon';
  const parts = createParts(options.settings, options.data, options.logger, name);
  const begun: Begun = { services: [] };
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
  readonly services: Supervised[];
  watch?: Closable;
  status?: Closable;
  server?: Closable;
}

interface Closable {
  close(): Promise<void>;
}

/** Ends everything, whatever becomes of the single parts. @throws the first error, at the end */
async function end(parts: Parts, { services, watch, status, server }: Begun): Promise<void> {
  const errors: unknown[] = [];
  const steps = [
    // Clients first, then the path of the data from its source to its end, so that what is accepted still flows.
    () => server?.close(),
    ...services.map((service) => () => service.stop()),
    () => status?.close(),
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
  const catalog = await loadCatalog(settings.TENON_CATALOG, await parts.engine());
  // Ingestion alone has no store; the products are registered by those that have.
  const stored = options.services.some((name) => KINDS[name].servers.includes('TENON_MONGODB_URL'));
  if (stored) await registerPlans(await parts.store(), catalog.plans);

  const metrics = createMetrics();
  const { services } = begun;
  let failed: (reason: unknown) => void = () => undefined;
  const failure = new Promise<unknown>((resolve) => (failed = resolve));
  for (const name of options.services) {
    const context = { parts, catalog, settings, metrics: metrics.scope(name) };
    const start = () => KINDS[name].start(context);
    if (options.supervised) services.push(await supervise(parts, start));
    else services.push(unsupervised(await start(), failed));
  }

  const running = () => services.map((service) => service.current());
  const watch = await startWatch(parts, running, options.services.includes('ingestion'));
  begun.watch = watch;
  measureProcess(metrics.scope(''), watch.progress, services);
  begun.status = await respondStatus(await parts.bus(), services, () => watch.progress.lags());
  const server = await createHttpServer({
    routes: [
      ...services.flatMap(routesOf),
      ...healthRoutes({ services: running, ...watch.health }),
      metricsRoute(metrics),
    ],
    host: settings.TENON_HOST,
    port: settings.TENON_PORT,
    logger: parts.logger,
    ids: parts.ids,
    observe: observeRequests(metrics.scope('')),
    ...(options.statics !== undefined && { statics: options.statics }),
  });
  begun.server = server;

  let stopped: Promise<void> | undefined;
  return {
    url: server.url,
    port: server.port,
    products: catalog.plans.map((plan) => plan.product),
    failed: failure,
    stop: () => (stopped ??= end(parts, begun)),
  };
}

/** A service that is started again answers with its new self. */
function routesOf(service: Supervised): Route[] {
  return service.current().routes.map((route, index) => ({
    ...route,
    handle: (request) => (service.current().routes[index] ?? route).handle(request),
  }));
}

function unsupervised(service: RunningService, failed: (reason: unknown) => void): Supervised {
  service.done.catch(failed);
  return {
    name: service.name,
    current: () => service,
    restarts: () => 0,
    stop: () => service.stop(),
  };
}

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
  if (parts.opened().includes('store')) {
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
