/** A catalog with a source for each budget that a product can pass, and beside it products that nothing may hold up. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const source = (properties: string, more = '') => `
${more}
partitions: 2
schema:
  type: object
  properties:
    who: { type: string }
${properties}
`;

const SOURCES: Readonly<Record<string, string>> = {
  notes: source('    note: { type: string }\n    n: { type: integer }', 'key: who'),
  timed: source('    at: { type: string, format: date-time }', 'time: at'),
  letters: source('    n: { type: integer }'),
  many: source('    k: { type: integer }'),
  lists: source('    items: { type: array, items: { type: integer } }'),
  slow: source(''),
  refusing: source('    text: { type: string }'),
};

const PRODUCTS: Readonly<Record<string, string>> = {
  texts: 'SELECT who, max(note) AS note, sum(n) AS n FROM notes GROUP BY who',
  /** More cells than an epoch may have. */
  wide: 'SELECT k, count(*) AS n FROM many GROUP BY k',
  /** More rows than an event may make. */
  fanned: 'SELECT item, count(*) AS n FROM (SELECT unnest(items) AS item FROM lists) GROUP BY item',
  /** More time than a run or a micro-batch may take: ten seconds for a thousand events, at the very least. */
  heavy: `SELECT sum(levenshtein(repeat(who, 300), repeat('y', 300 + u % 3))) AS n
FROM (SELECT who, unnest(range(100)) AS u FROM slow)`,
  /** More refusals than a product may have. */
  cast: 'SELECT sum(CAST(text AS INTEGER)) AS n FROM refusing',
};

/** In both topologies: what they answer is what was sent. */
export const WELL = Object.keys(SOURCES).flatMap((name) => [
  { source: name, product: `${name}_live`, topology: 'kappa' },
  { source: name, product: `${name}_all`, topology: 'lambda' },
]);

export function writeCatalog(directory: string): void {
  for (const folder of ['sources', 'products']) mkdirSync(join(directory, folder), { recursive: true });
  for (const [name, text] of Object.entries(SOURCES))
    writeFileSync(join(directory, `sources/${name}.yaml`), text);
  for (const [name, sql] of Object.entries(PRODUCTS)) writeProduct(directory, name, sql);
  for (const { source: name, product, topology } of WELL) {
    writeProduct(directory, product, `SELECT count(*) AS n FROM ${name}`);
    writeFileSync(join(directory, `products/${product}.yaml`), `topology: ${topology}\n`);
  }
}

export const writeProduct = (directory: string, name: string, sql: string) =>
  writeFileSync(join(directory, `products/${name}.sql`), sql);
