/** Compares each file that the archive's manifest names with its digest. */
import type { ArchiveFile } from '@tenon/archive';
import { archivedPartitions, checkedPath, filesOf, parseArchiveName } from '@tenon/archive';
import { TenonError } from '@tenon/errors';
import type { Lake, ProductStore } from '@tenon/ports';
import type { Findings, Watcher } from './findings';

export interface ArchiveReport {
  readonly files: number;
  readonly bytes: number;
  /** Of them, files of releases before the manifest: their length alone was compared. */
  readonly withoutDigest: number;
  /** Files in the lake that nothing names: left over, or not taken in yet. */
  readonly unnamed: number;
}

export async function verifyArchive(
  store: ProductStore,
  lake: Lake,
  findings: Findings,
  watcher: Watcher,
): Promise<ArchiveReport> {
  const named = new Map<string, ArchiveFile>();
  for (const partition of await archivedPartitions({ store }))
    try {
      const { files, fault } = await filesOf({ store, lake }, partition);
      for (const file of files) named.set(file.name, file);
      if (fault !== null) {
        const { source, partition: number } = partition;
        findings.add('archive-manifest-damaged', `The manifest of ${source}, partition ${number} ${fault}.`);
      }
    } catch (error) {
      findings.failed(`The manifest of ${partition.source}`, error);
    }
  let bytes = 0;
  watcher.begin(
    'archive',
    [...named.values()].reduce((sum, file) => sum + file.bytes, 0),
  );
  for (const file of named.values()) {
    try {
      await checkedPath(lake, file);
    } catch (error) {
      findings.failed(file.name, error instanceof TenonError ? error : new Error(String(error)));
    }
    bytes += file.bytes;
    watcher.add(file.bytes);
  }
  watcher.end();
  const listed = (await lake.list('archive/')).flatMap((file) => parseArchiveName(file) ?? []);
  return {
    ...{ files: named.size, bytes },
    withoutDigest: [...named.values()].filter(({ digest }) => digest === null).length,
    unnamed: listed.filter(({ name }) => !named.has(name)).length,
  };
}
