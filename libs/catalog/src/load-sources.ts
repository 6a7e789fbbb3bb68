/** `sources/`: every stream of events of the catalog. */
import { join } from 'node:path';
import type { SourceDefinition } from '@tenon/domain';
import { checkName, dropDuplicates } from './names';
import type { Report } from './report';
import { readSource, schemaFileOf } from './source-file';
import type { SourceFile } from './source-file';
import { isSql, isYaml, readText, stem } from './text-file';
import type { Entry } from './text-file';
import { YamlFile } from './yaml-file';

export interface LoadedSources {
  readonly sources: readonly SourceDefinition[];
  /** Names of sources that have problems. */
  readonly unsound: readonly string[];
}

export async function loadSources(
  root: string,
  entries: readonly Entry[],
  report: Report,
): Promise<LoadedSources> {
  const directory = join(root, 'sources');
  const parsed: SourceFile[] = [];
  const unsound: string[] = [];
  for (const entry of entries.filter(isYaml)) {
    const file = join(directory, entry.name);
    const text = await readText(file, report);
    const yaml = text === undefined ? undefined : YamlFile.parse(file, text, report);
    if (yaml) parsed.push({ name: stem(entry.name), place: { file, line: 1, column: 1 }, yaml });
    else unsound.push(stem(entry.name));
  }
  for (const entry of entries.filter(isSql)) {
    const file = join(directory, entry.name);
    report('file-misplaced', `${file} is not read here.`, { file }, `Move it to ${join(root, 'products')}.`);
  }
  // A YAML file that is another source's schema is no source.
  const schemas = new Set(parsed.map((source) => schemaFileOf(directory, source.yaml)));
  const declared = parsed.filter((source) => !schemas.has(source.place.file));
  const sources: SourceDefinition[] = [];
  for (const source of dropDuplicates(declared, 'source', report)) {
    const named = checkName(source.name, 'source', source.place, report);
    const definition = await readSource(root, directory, source, report);
    if (named && definition) sources.push(definition);
    else unsound.push(source.name);
  }
  return { sources, unsound };
}
