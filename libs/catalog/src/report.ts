/** Collecting problems: a catalog is read to its end, so that everything that is wrong is said at once. */
import type { Place, Problem } from '@tenon/domain';

/** Every code that reading a catalog can give, with what it means (docs/errors.md lists the same). */
export const CATALOG_CODES = {
  'catalog-missing': 'The catalog directory does not exist or is no directory.',
  'catalog-empty': 'The catalog declares no source.',
  'file-unreadable': 'A file of the catalog could not be read.',
  'file-encoding': 'A file of the catalog is not UTF-8.',
  'file-empty': 'A file of the catalog holds nothing.',
  'file-misplaced': 'A file that looks like a declaration lies where none is read.',
  'yaml-syntax': 'A YAML or JSON file could not be parsed.',
  'yaml-shape': 'A YAML file is not one mapping of keys to values.',
  'key-unknown': 'A key of a YAML file has no meaning.',
  'value-invalid': 'The value of a key has the wrong type or is out of range.',
  'name-invalid': 'The name of a file cannot be the name of a source or product.',
  'name-duplicate': 'Two files declare one name.',
  'schema-missing': 'A source has no schema, or its schema file is not there.',
  'schema-invalid': 'A schema is not a JSON Schema 2020-12 that can be used.',
  'field-unknown': 'A key or time field is not a property of the schema.',
  'field-type': 'A key or time field has a type that cannot be used for it.',
  'product-without-sql': 'A product has settings but no SQL.',
} as const;

export type CatalogCode = keyof typeof CATALOG_CODES;

export type Report = (code: CatalogCode, message: string, place: Place, hint?: string) => void;

/** @returns a reporter, and the list that it fills. */
export function collectProblems(): { report: Report; problems: Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (code, message, place, hint) => {
    problems.push({ code, message, ...(hint !== undefined && { hint }), place });
  };
  return { report, problems };
}

/** Problems in reading order: by file, then by line and column. */
export function inReadingOrder(problems: readonly Problem[]): Problem[] {
  const at = (problem: Problem) => [problem.place?.line ?? 0, problem.place?.column ?? 0] as const;
  return [...problems].sort((a, b) => {
    const [fileA, fileB] = [a.place?.file ?? '', b.place?.file ?? ''];
    if (fileA !== fileB) return fileA < fileB ? -1 : 1;
    const [lineA, columnA] = at(a);
    const [lineB, columnB] = at(b);
    return lineA - lineB || columnA - columnB;
  });
}
