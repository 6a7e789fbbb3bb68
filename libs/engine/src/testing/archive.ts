import type { SourceDefinition } from '@tenon/domain';
import type { ArchiveRecord, Engine } from '@tenon/ports';

/** Writes one file of the archive; the records are handed over in three parts, which must make no difference. */
export async function archive(
  engine: Engine,
  source: SourceDefinition,
  records: readonly ArchiveRecord[],
  path: string,
): Promise<void> {
  const writer = engine.openArchive(source);
  const part = Math.max(1, Math.ceil(records.length / 3));
  for (let at = 0; at < records.length; at += part) await writer.add(records.slice(at, at + part));
  await writer.finish(path);
}
