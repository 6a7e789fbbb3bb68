/** Checks log, archive and store of a Tenon that does not run: reads all of it, and compares it with its checksums. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createParts } from '@tenon/composition';
import type { Problem } from '@tenon/domain';
import { createLogger, readSettings } from '@tenon/runtime';
import { failure } from '../cli/failure';
import type { ArchiveReport } from './archive';
import { verifyArchive } from './archive';
import type { Watcher } from './findings';
import { Findings } from './findings';
import type { LogReport } from './log';
import { verifyLog } from './log';
import type { StoreReport } from './store';
import { verifyStore } from './store';

export interface Verified {
  readonly ok: boolean;
  /** null: Kafka, which checks its records itself; or it could not be opened. */
  readonly log: LogReport | null;
  /** null: the store that names its files could not be opened. */
  readonly archive: ArchiveReport | null;
  readonly store: StoreReport | null;
  readonly problems: readonly Problem[];
}

export interface VerifyOptions {
  /** The data directory; absent: TENON_DATA. */
  readonly data?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly watcher: Watcher;
}

/** @throws Failure if there is nothing to check, TenonError `data-directory-locked` if a Tenon runs there */
export async function verify({ data, environment, watcher }: VerifyOptions): Promise<Verified> {
  const settings = readSettings(environment);
  const directory = resolve(data ?? settings.TENON_DATA);
  const { TENON_KAFKA_BROKERS, TENON_MONGODB_URL, TENON_LAKE } = settings;
  const isEmbedded = TENON_MONGODB_URL === undefined || TENON_LAKE === undefined;
  if (isEmbedded && !existsSync(directory))
    throw failure('no-data', `There is no ${directory}.`, 'Name the data directory with --data.');
  const logger = createLogger({ level: 'silent', name: 'verify' });
  const parts = createParts(settings, directory, logger, 'tenon-verify');
  const findings = new Findings();
  const opened = async <T>(what: string, open: () => Promise<T>): Promise<T | null> => {
    try {
      return await open();
    } catch (error) {
      const { code } = error as { code?: string };
      if (code?.startsWith('data-directory') === true) throw error;
      findings.failed(what, error);
      return null;
    }
  };
  try {
    const log = TENON_KAFKA_BROKERS === undefined ? await opened('The log', () => parts.log()) : null;
    const logReport = log === null ? null : await verifyLog(directory, log, findings, watcher);
    const store = await opened('The store', () => parts.store());
    const lake = await opened('The lake', () => parts.lake());
    const archive =
      store === null || lake === null ? null : await verifyArchive(store, lake, findings, watcher);
    const storeReport = store === null ? null : await verifyStore(store, findings, watcher);
    const { problems } = findings;
    return { ok: problems.length === 0, log: logReport, archive, store: storeReport, problems };
  } finally {
    await parts.close();
  }
}
