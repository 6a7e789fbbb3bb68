/** A service as a process of its own: configured by its environment, ended by a signal. */
import { resolve } from 'node:path';
import type { Problem } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import { Refusal } from '@tenon/errors';
import type { Logger } from '@tenon/ports';
import type { ProcessEvents, Settings, Statics } from '@tenon/runtime';
import {
  SHUTDOWN_GRACE_MS,
  createLogger,
  onHangup,
  plannerOptions,
  readSettings,
  runToEnd,
} from '@tenon/runtime';
import { loadCatalog } from './catalog';
import type { Host } from './host';
import { startHost } from './host';
import { kafkaOptions } from './kafka-options';
import { problemsOf } from './problems';
import type { ServiceName } from './services';
import { KINDS, SERVER_EXAMPLES } from './services';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface AloneOptions {
  readonly args?: readonly string[];
  readonly environment?: Environment;
  readonly events?: ProcessEvents;
  readonly logger?: Logger;
  readonly statics?: readonly Statics[];
  /** Lines for people: what was checked, or what is wrong. */
  readonly say?: (line: string) => void;
}

/** The service that a process is: batch may have one of its roles alone. */
export const roleOf = (service: ServiceName, environment: Environment): ServiceName =>
  service === 'batch' && environment['TENON_ROLE'] === 'archive' ? 'archive' : service;

/** Settings of a service that is alone. @throws Refusal naming every problem at once */
export function readServiceSettings(service: ServiceName, environment: Environment): Settings {
  const { port, servers, ofLayers = false } = KINDS[service];
  const layer = environment['TENON_LAYER'] || 'all';
  const own = { batch: 'TENON_BATCH_STORE', speed: 'TENON_SPEED_STORE' }[layer];
  // A process of one layer needs no store but this layer's.
  const isGiven = own !== undefined && Boolean(environment[own]);
  // What the log lets go speed reads from the archive.
  const letsGo = service === 'speed' && !['', 'off'].includes(environment['TENON_LOG_RETENTION'] ?? '');
  const needed = [
    ...servers.filter((name) => name !== 'TENON_MONGODB_URL' || !isGiven),
    ...(letsGo ? (['TENON_LAKE'] as const) : []),
  ];
  const settings = readSettings(environment, {
    required: Object.fromEntries(needed.map((name) => [name, SERVER_EXAMPLES[name] ?? '…'])),
    defaults: { TENON_PORT: String(port) },
  });
  const misplaced = [
    ...(ofLayers || settings.TENON_LAYER === 'all'
      ? []
      : [`TENON_LAYER is for consumption and serving: there is one ${service} for all layers.`]),
    ...(settings.TENON_ROLE === 'all' || service === 'batch' || service === 'archive'
      ? []
      : [`TENON_ROLE is for batch: ${service} has one role.`]),
  ];
  if (misplaced.length === 0) return settings;
  throw new Refusal(
    'configuration',
    misplaced.map((message) => ({ code: 'invalid-setting', message })),
  );
}

/** Runs a service until a signal. @returns the exit code: 0 ended in order, 1 failed or can't start, 2 called wrongly */
export async function runAlone(called: ServiceName, options: AloneOptions = {}): Promise<number> {
  const { args = process.argv.slice(2), environment = process.env, events = process } = options;
  const service = roleOf(called, environment);
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  if (args.length === 1 && args[0] === '--help') {
    say(usage(service));
    return 0;
  }
  if (args.length === 1 && args[0] === '--check-config') return checkConfig(service, environment, say);
  if (args.length > 0) {
    say(`Not understood: ${args.join(' ')}`);
    say(usage(service));
    return 2;
  }
  try {
    const settings = readServiceSettings(service, environment);
    const base = options.logger ?? createLogger({ level: settings.TENON_LOG_LEVEL, name: 'tenon' });
    const logger = base.child({ service });
    let begun: Promise<Host> | undefined;
    const start = async () => {
      begun = startHost({
        services: [service],
        supervised: false,
        settings,
        data: resolve(settings.TENON_DATA),
        logger: base,
        environment,
        ...(options.statics !== undefined && { statics: options.statics }),
      });
      const host = await begun;
      logger.info({ url: host.url, products: host.products }, 'up');
      return host;
    };
    const stopListening = onHangup({
      events,
      reload: async () =>
        begun?.then(
          (host) => host.reload(),
          () => undefined,
        ),
    });
    try {
      return await runToEnd(start, { logger, graceMs: SHUTDOWN_GRACE_MS, events });
    } finally {
      stopListening();
    }
  } catch (error) {
    for (const problem of problemsOf(error)) say(describe(problem));
    return 1;
  }
}

/** Configuration and catalog, without a connection to anything. */
async function checkConfig(
  service: ServiceName,
  environment: Environment,
  say: (line: string) => void,
): Promise<number> {
  const problems: Problem[] = [];
  const attempt = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      problems.push(...problemsOf(error));
    }
  };
  await attempt(() => kafkaOptions(readServiceSettings(service, environment)));
  await attempt(async () => {
    const engine = await createEngine(plannerOptions(environment));
    try {
      const { sources, plans } = await loadCatalog(environment['TENON_CATALOG'] || 'catalog', engine);
      say(
        `catalog: sources ${named(sources.map(({ name }) => name))}; products ${named(plans.map(({ product }) => product))}`,
      );
    } finally {
      await engine.close();
    }
  });
  for (const problem of problems) say(describe(problem));
  if (problems.length === 0) say(`${service} can start with this configuration.`);
  else say(problems.length === 1 ? '1 problem.' : `${problems.length} problems.`);
  return problems.length === 0 ? 0 : 1;
}

const named = (names: readonly string[]) => names.join(', ') || 'none';

function describe({ place, message, code, hint }: Problem): string {
  const at =
    place === undefined ? '' : `${[place.file, place.line, place.column].filter(Boolean).join(':')}: `;
  return `${at}${message} [${code}]${hint === undefined ? '' : `\n  ${hint.replaceAll('\n', '\n  ')}`}`;
}

const usage = (
  service: ServiceName,
) => `usage: ${service === 'archive' ? 'TENON_ROLE=archive npm run start:batch' : `npm run start:${service}`} [-- --check-config]
Runs Tenon's ${service} service, configured by environment variables (docs/configuration.md).
  --check-config  checks configuration and catalog, and starts nothing
Needs ${KINDS[service].servers.join(', ')}; listens on TENON_PORT (${KINDS[service].port}).`;
