/** `sources/<name>.yaml`: one stream of events. */
import { isAbsolute, join, relative } from 'node:path';
import type { JsonSchema, Place, SourceDefinition } from '@tenon/domain';
import { checkIsObject, checkKeyField, checkTimeField } from './schema-fields';
import { parseDuration } from './duration';
import { checkSchema } from './schema-check';
import type { Report } from './report';
import { Settings } from './settings';
import { LEAST_WINDOW, readFeed } from './source-feed';
import { readText } from './text-file';
import { YamlFile } from './yaml-file';
import type { Path } from './yaml-file';

const KEYS = [
  'key',
  'id',
  'time',
  'schema',
  'partitions',
  'dedupe',
  'lateness',
  'from',
  'description',
] as const;
const MISTAKES = {
  name: "The file's name is the source's name.",
  'dedupe.window': 'Write `dedupe: { window: 100000 }`.',
  window: 'Write `dedupe: { window: 100000 }`.',
  kafka: 'Write `from: { kafka: { topic: shop.orders } }`.',
  topic: 'Write `from: { kafka: { topic: shop.orders } }`.',
  timestamp: 'Did you mean time?',
  properties: 'Put it below `schema:`.',
  required: 'Put it below `schema:`.',
} as const;

const PARTITIONS = { min: 1, max: 1024, fallback: 4 };
/** Records per partition; each costs the layers some 20 bytes of memory. */
const DEDUPE_WINDOW = { min: 0, max: 10_000_000, fallback: 100_000 };

/** A source as parsed, before its schema is followed: other files may be its schema. */
export interface SourceFile {
  readonly name: string;
  readonly place: Place;
  readonly yaml: YamlFile;
}

/** The file that a source names as its schema, or undefined if the schema is inline. */
export function schemaFileOf(directory: string, yaml: YamlFile): string | undefined {
  const content = yaml.content() as { schema?: unknown } | null;
  return typeof content?.schema === 'string' ? join(directory, content.schema) : undefined;
}

/**
 * Reads one source.
 *
 * @param root the catalog's directory, which a schema file must not leave
 * @returns undefined if anything about it is wrong (reported)
 */
export async function readSource(
  root: string,
  directory: string,
  file: SourceFile,
  reportAll: Report,
): Promise<SourceDefinition | undefined> {
  let sound = true;
  const report: Report = (...problem) => {
    sound = false;
    reportAll(...problem);
  };
  const settings = Settings.ofFile(file.yaml, report);
  if (settings === undefined) return undefined;
  settings.only(KEYS, MISTAKES);

  const schema = await readSchema(root, directory, settings, report);
  const key = fieldNames(settings, 'key');
  const id = fieldNames(settings, 'id');
  const time = settings.text('time') ?? null;
  if (schema !== undefined) {
    key.forEach((name, index) => checkKeyField('key', name, schema, settings.place('key', index), report));
    id.forEach((name, index) => checkKeyField('id', name, schema, settings.place('id', index), report));
    if (time !== null) checkTimeField(time, schema, settings.place('time'), report);
  }
  const partitions = settings.integer('partitions', PARTITIONS);
  const from = readFeed(settings);
  const windows = from === undefined ? DEDUPE_WINDOW : { ...DEDUPE_WINDOW, min: LEAST_WINDOW };
  const window = settings.section('dedupe')?.only(['window']).integer('window', windows) ?? windows.fallback;
  const latenessMicros = lateness(settings);
  const description = settings.text('description');
  if (!sound || schema === undefined) return undefined;
  return {
    name: file.name,
    key,
    ...(id.length > 0 && { id }),
    time,
    schema,
    partitions,
    dedupe: { window },
    ...(latenessMicros > 0 && { latenessMicros }),
    ...(from !== undefined && { from }),
    ...(description !== undefined && { description }),
  };
}

/** Microseconds; none may be written too: `0 s`. */
function lateness(settings: Settings): number {
  const value = settings.get('lateness');
  if (value === undefined) return 0;
  if (typeof value === 'string' && /^\s*(?:0+\s*[a-z]+|PT0+S)\s*$/i.test(value)) return 0;
  const micros = typeof value === 'string' ? parseDuration(value) : undefined;
  if (micros === undefined) settings.invalid('lateness', 'a duration', 'E.g. `lateness: 5 minutes`.');
  return micros ?? 0;
}

/** `key` and `id` are one field or a list of fields. */
function fieldNames(settings: Settings, name: 'key' | 'id'): string[] {
  const value = settings.get(name);
  if (value === undefined) return [];
  const fields: unknown[] = Array.isArray(value) ? value : [value];
  if (
    fields.every((field) => typeof field === 'string' && field !== '') &&
    new Set(fields).size === fields.length
  ) {
    return fields as string[];
  }
  settings.invalid(name, 'the name of a field, or a list of different ones');
  return [];
}

async function readSchema(
  root: string,
  directory: string,
  settings: Settings,
  report: Report,
): Promise<JsonSchema | undefined> {
  const value = settings.get('schema');
  if (value === undefined || value === null) {
    const hint =
      'Write `schema:` with `type: object` and `properties:` below it, or the name of a file beside this one.';
    report('schema-missing', 'The source has no schema.', settings.place('schema'), hint);
    return undefined;
  }
  if (typeof value !== 'string')
    return checkedSchema(value, (path) => settings.place('schema', ...path), report);

  const path = join(directory, value);
  const inside = relative(root, path);
  if (isAbsolute(value) || inside.startsWith('..')) {
    report(
      'schema-missing',
      `The schema file ${value} lies outside the catalog.`,
      settings.place('schema'),
      'Put it beside this file.',
    );
    return undefined;
  }
  let missing = false;
  const text = await readText(path, (code, message, place, hint) => {
    missing = code === 'file-unreadable';
    if (missing) report('schema-missing', `The schema file ${message}`, settings.place('schema'), hint);
    else report(code, message, place, hint);
  });
  if (text === undefined) return undefined;
  const yaml = YamlFile.parse(path, text, report);
  return yaml && checkedSchema(yaml.content(), (at) => yaml.place(at), report);
}

function checkedSchema(
  schema: unknown,
  locate: (path: Path) => Place,
  report: Report,
): JsonSchema | undefined {
  if (!checkSchema(schema, locate, report)) return undefined;
  checkIsObject(schema, locate, report);
  return schema;
}
