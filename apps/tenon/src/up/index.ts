/** `tenon up`: the five services in one process, on one port. The services are the same that are deployed alone. */
import { resolve } from 'node:path';
import { createFileCatalog } from '@tenon/catalog';
import type { Logger, Route, RunningService } from '@tenon/ports';
import { Refusal } from '@tenon/ports';
import type { Supervised } from '@tenon/runtime';
import {
  createHttpServer,
  createLogger,
  healthRoutes,
  planCatalog,
  readSettings,
  registerPlans,
  supervise,
} from '@tenon/runtime';
import { dashboardStatics } from '@tenon/dashboard';
import { openParts, type Parts } from './parts';
import { startServices } from './services';
import { respondStatus } from './status';

export interface UpOptions {
  readonly catalog?: string;
  readonly data?: string;
  readonly port?: number;
  readonly host?: string;
  /** Milliseconds between cuts; null: only on command. */
  readonly cutEvery?: number | null;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly logger?: Logger;
}

export interface Up {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  /** Products that are served. */
  readonly products: readonly string[];
  /** Answers what is in flight, flushes what is held, closes the data directory. */
  stop(): Promise<void>;
}

/** @throws Refusal with every problem of the configuration or the catalog; TenonError for a data directory in use. */
export async function runUp(options: UpOptions = {}): Promise<Up> {
  const settings = readSettings(options.environment ?? process.env);
  const logger =
    options.logger ?? createLogger({ level: options.logLevel ?? settings.TENON_LOG_LEVEL, name: 'tenon' });
  const data = resolve(options.data ?? settings.TENON_DATA);
  const parts = await openParts(data, settings, logger);
  try {
    return await compose(parts, options, settings, data);
  } catch (error) {
    await parts.close();
    throw error;
  }
}

async function compose(
  parts: Parts,
  options: UpOptions,
  settings: ReturnType<typeof readSettings>,
  data: string,
): Promise<Up> {
  const content = await createFileCatalog(resolve(options.catalog ?? settings.TENON_CATALOG)).load();
  const planned = await planCatalog(parts.engine, content);
  if (planned.problems.length > 0) throw new Refusal('catalog', planned.problems);
  await registerPlans(parts.store, planned.plans);

  const starts = startServices(parts, planned, {
    cutEveryMs: options.cutEvery === undefined ? settings.TENON_CUT_EVERY : options.cutEvery,
    maxBodyBytes: settings.TENON_MAX_BODY,
    maxBatchItems: settings.TENON_MAX_BATCH,
    maxFutureMs: settings.TENON_MAX_FUTURE,
  });
  const services: Supervised[] = [];
  for (const start of starts) services.push(await supervise(parts, start));
  const running = (): RunningService[] => services.map((service) => service.current());
  const status = await respondStatus(parts.bus, services);
  const server = await createHttpServer({
    routes: [...services.flatMap(routesOf), ...healthRoutes(running)],
    host: options.host ?? settings.TENON_HOST,
    port: options.port ?? settings.TENON_PORT,
    logger: parts.logger,
    ids: parts.ids,
    statics: dashboardStatics(),
  });

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    // Clients first, then the path of the data from its source to its end, so that what is accepted still flows.
    await server.close();
    for (const service of services) await service.stop();
    await status.close();
    await parts.close();
  };
  return {
    url: server.url,
    port: server.port,
    data,
    products: planned.plans.map((plan) => plan.product),
    stop: () => (stopped ??= stop()),
  };
}

/** A service that is started again answers with its new self. */
function routesOf(service: Supervised): Route[] {
  return service.current().routes.map((route, index) => ({
    ...route,
    handle: (request) => (service.current().routes[index] ?? route).handle(request),
  }));
}
