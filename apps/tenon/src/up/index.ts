/** `tenon up`: the five services in one process, on one port. The services are the same that are deployed alone. */
import { resolve } from 'node:path';
import type { Host } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { dashboardStatics } from '@tenon/dashboard';
import { Refusal } from '@tenon/errors';
import type { Logger } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import { createLogger, readSettings } from '@tenon/runtime';
import type { Sink } from '../cli/output';
import { terminalLog } from './terminal-log';

export interface UpOptions {
  readonly catalog?: string;
  readonly data?: string;
  readonly port?: number;
  readonly host?: string;
  /** Lets in everybody who reaches `host`. */
  readonly insecure?: boolean;
  /** Milliseconds between cuts; null: only on command. */
  readonly cutEvery?: number | null;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly logger?: Logger;
  /** A terminal that logs go to as words, and only from `warn` on where nobody asked for more. */
  readonly terminal?: Sink;
}

export interface Up extends Pick<Host, 'url' | 'port' | 'products' | 'reload' | 'stop'> {
  readonly data: string;
}

/** @throws Refusal with every problem of the configuration or the catalog; TenonError for a data directory in use. */
export async function runUp(options: UpOptions = {}): Promise<Up> {
  const settings = readSettings({
    ...(options.environment ?? process.env),
    // Before they are checked together: who may come in depends on where it listens.
    ...(options.host !== undefined && { TENON_HOST: options.host }),
    ...(options.insecure === true && { TENON_INSECURE: 'on' }),
  });
  if (settings.TENON_LAYER !== 'all') {
    const message =
      'TENON_LAYER is for consumption and serving as processes of their own: tenon up is all layers.';
    throw new Refusal('configuration', [{ code: 'invalid-setting', message }]);
  }
  const data = resolve(options.data ?? settings.TENON_DATA);
  const host = await startHost({
    // Archiving is what batch does beside its runs.
    services: SERVICES.map((name) =>
      name === 'batch' && settings.TENON_ROLE === 'archive' ? 'archive' : name,
    ),
    supervised: true,
    settings: {
      ...settings,
      TENON_CATALOG: resolve(options.catalog ?? settings.TENON_CATALOG),
      TENON_PORT: options.port ?? settings.TENON_PORT,
      TENON_CUT_EVERY: options.cutEvery === undefined ? settings.TENON_CUT_EVERY : options.cutEvery,
    },
    data,
    environment: options.environment ?? process.env,
    logger: options.logger ?? loggerOf(options, settings),
    statics: dashboardStatics(),
  });
  const { url, port, products, reload, stop } = host;
  return { url, port, products, data, reload, stop };
}

function loggerOf({ logLevel, terminal, environment = process.env }: UpOptions, settings: Settings): Logger {
  const isAsked = logLevel !== undefined || Boolean(environment['TENON_LOG_LEVEL']);
  const level = logLevel ?? (terminal !== undefined && !isAsked ? 'warn' : settings.TENON_LOG_LEVEL);
  return createLogger({
    ...{ level, name: 'tenon' },
    ...(terminal !== undefined && { destination: terminalLog(terminal) }),
  });
}
