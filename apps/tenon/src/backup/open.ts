/** What dump and restore work on: a log's topics, and files. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Parts } from '@tenon/composition';
import { createParts, openRawTopics } from '@tenon/composition';
import { createRecordFiles } from '@tenon/engine';
import type { RawTopics, RecordFiles } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import { createLogger, readSettings } from '@tenon/runtime';
import { TenonError } from '@tenon/errors';
import { Client } from '../cli/client';
import { failure } from '../cli/failure';
import { runningTopics } from './running-topics';

export interface BackupPlace {
  /** Brokers; absent: TENON_KAFKA_BROKERS, or the embedded log. */
  readonly kafka?: string;
  /** The data directory; absent: TENON_DATA. */
  readonly data?: string;
  /** Where a Tenon runs that has the embedded log open: it is asked for the records. */
  readonly url?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Opened {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly topics: RawTopics;
  readonly files: RecordFiles;
}

/** @throws Failure, TenonError `data-directory-locked` if a Tenon runs on the data directory */
export async function withTopics<T>(
  { kafka, data, environment }: BackupPlace,
  /** `read`: it has to be there, with its older part; a restore makes what is not. */
  use: 'read' | 'write',
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const settings = readSettings({
    ...environment,
    ...(kafka !== undefined && { TENON_KAFKA_BROKERS: kafka }),
  });
  const directory = resolve(data ?? settings.TENON_DATA);
  if (use === 'read' && settings.TENON_KAFKA_BROKERS === undefined && !existsSync(directory))
    throw failure(
      'no-data',
      `There is no ${directory}.`,
      'Name the data directory with --data, or Kafka with --kafka.',
    );
  const logger = createLogger({ level: 'error', name: 'backup' });
  const parts = createParts(settings, directory, logger, 'tenon-backup');
  try {
    const topics = await openRawTopics(settings, directory, parts, logger, use === 'read');
    try {
      const files = await filesOf(settings);
      try {
        return await work({ settings, parts, topics, files });
      } finally {
        await files.close();
      }
    } finally {
      await topics.close();
    }
  } finally {
    await parts.close();
  }
}

const filesOf = (settings: Settings): Promise<RecordFiles> =>
  createRecordFiles({
    ...(settings.TENON_ENGINE_THREADS !== undefined && { threads: settings.TENON_ENGINE_THREADS }),
    ...(settings.TENON_ENGINE_MEMORY !== undefined && { memoryLimit: settings.TENON_ENGINE_MEMORY }),
  });

/** To read alone: the topics of the place, or of the Tenon that has them open. @throws what `withTopics` throws */
export async function withTopicsToRead<T>(
  place: BackupPlace,
  work: (opened: Pick<Opened, 'topics' | 'files'>) => Promise<T>,
): Promise<T> {
  if (place.url === undefined) return withTopics(place, 'read', work).catch(sayHow);
  const topics = runningTopics(new Client(place.url));
  try {
    const files = await filesOf(readSettings(place.environment));
    try {
      return await work({ topics, files });
    } finally {
      await files.close();
    }
  } finally {
    await topics.close();
  }
}

function sayHow(error: unknown): never {
  if (!(error instanceof TenonError) || error.code !== 'data-directory-locked') throw error;
  throw failure(
    error.code,
    error.message,
    'A Tenon that runs is asked for its records: --url http://127.0.0.1:7070, or wherever it is. Or stop it.',
  );
}
