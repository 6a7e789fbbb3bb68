/** What dump and restore work on: a log's topics, and files. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Parts } from '@tenon/composition';
import { createParts, openRawTopics } from '@tenon/composition';
import { createRecordFiles } from '@tenon/engine';
import type { RawTopics, RecordFiles } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import { createLogger, readSettings } from '@tenon/runtime';
import { failure } from '../cli/failure';

export interface BackupPlace {
  /** Brokers; absent: TENON_KAFKA_BROKERS, or the embedded log. */
  readonly kafka?: string;
  /** The data directory; absent: TENON_DATA. */
  readonly data?: string;
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
      const files = await createRecordFiles({
        ...(settings.TENON_ENGINE_THREADS !== undefined && { threads: settings.TENON_ENGINE_THREADS }),
        ...(settings.TENON_ENGINE_MEMORY !== undefined && { memoryLimit: settings.TENON_ENGINE_MEMORY }),
      });
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
