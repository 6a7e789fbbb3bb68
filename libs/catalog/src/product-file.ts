/** `products/<name>.sql` with, perhaps, `products/<name>.yaml`: one data product. */
import type { DeclaredProduct } from '@tenon/ports';
import { TOPOLOGIES } from '@tenon/domain';
import { KEPT_GENERATIONS } from '@tenon/domain';
import { parseDuration } from './duration';
import type { Report } from './report';
import { Settings } from './settings';
import type { YamlFile } from './yaml-file';

const KEYS = ['version', 'topology', 'retention', 'generations', 'description'] as const;
const GENERATIONS = { min: 0, max: 10_000, fallback: KEPT_GENERATIONS };
const MISTAKES = {
  name: "The file's name is the product's name.",
  sql: 'The SQL stands in the file of the same name that ends in .sql.',
  source: 'The source is the table in the FROM of the SQL.',
  sources: 'The source is the table in the FROM of the SQL.',
} as const;

/** A product as found: its SQL, and its settings where there are any. */
export interface ProductFile {
  readonly name: string;
  readonly path: string;
  readonly sql: string;
  readonly settings: YamlFile | undefined;
}

/**
 * Reads one product. `sound` is false if anything about it is wrong (reported); what is wrong has its default then.
 *
 * @returns undefined if there is no SQL (reported)
 */
export function readProduct(
  file: ProductFile,
  reportAll: Report,
): { product: DeclaredProduct; sound: boolean } | undefined {
  let sound = true;
  const report: Report = (...problem) => {
    sound = false;
    reportAll(...problem);
  };
  const place = { file: file.path, line: 1, column: 1 };
  if (withoutComments(file.sql).trim() === '') {
    report(
      'file-empty',
      `${file.path} holds comments only.`,
      place,
      'Write a SELECT ... FROM <source> ... GROUP BY ...',
    );
    return undefined;
  }
  const settings = file.settings && Settings.ofFile(file.settings, report)?.only(KEYS, MISTAKES);
  const definition = {
    name: file.name,
    sql: file.sql,
    version: settings?.integer('version', { min: 1, max: 999_999, fallback: 1 }) ?? 1,
    topology: settings?.oneOf('topology', TOPOLOGIES, 'lambda') ?? 'lambda',
    retentionMicros: settings === undefined ? null : retention(settings),
  };
  const generations =
    settings?.get('generations') === undefined ? undefined : settings.integer('generations', GENERATIONS);
  const description = settings?.text('description');
  const product = {
    definition: {
      ...definition,
      ...(generations !== undefined && { generations }),
      ...(description !== undefined && { description }),
    },
    place,
  };
  return { product, sound };
}

function retention(settings: Settings): number | null {
  const value = settings.get('retention');
  if (value === undefined || value === null) return null;
  const micros = typeof value === 'string' ? parseDuration(value) : undefined;
  if (micros !== undefined) return micros;
  const hint =
    typeof value === 'number' ? `With its unit: ${value} days.` : 'E.g. 90 days, 36 hours, P90D, PT36H.';
  settings.invalid('retention', 'a duration', hint);
  return null;
}

/** Good enough to see whether there is anything else: a quoted `--` is something else anyway. */
function withoutComments(sql: string): string {
  return sql.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/--[^\n]*/g, ' ');
}
