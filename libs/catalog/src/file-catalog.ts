/** The catalog as a directory that a person can read and diff: `sources/` and `products/`. */
import { extname, join } from 'node:path';
import type { SourceDefinition } from '@tenon/domain';
import type { Catalog, CatalogContent, DeclaredProduct } from '@tenon/ports';
import { checkName, dropDuplicates } from './names';
import { readProduct } from './product-file';
import type { ProductFile } from './product-file';
import { collectProblems, inReadingOrder } from './report';
import type { Report } from './report';
import { readSource, schemaFileOf } from './source-file';
import type { SourceFile } from './source-file';
import { entriesOf, readText } from './text-file';
import type { Entry } from './text-file';
import { YamlFile } from './yaml-file';

/**
 * A catalog that is read from `directory` at each `load()`. Problems name files as `directory` was given, so that they
 * can be opened from where the command runs.
 */
export function createFileCatalog(directory: string): Catalog {
  return { load: () => loadCatalog(directory) };
}

async function loadCatalog(root: string): Promise<CatalogContent> {
  const { report, problems } = collectProblems();
  const top = await entriesOf(root);
  if (top === undefined) {
    report(
      'catalog-missing',
      `There is no catalog directory ${root}.`,
      { file: root },
      'Name it with --catalog, or make it with sources/ and products/.',
    );
    return { sources: [], products: [], problems };
  }
  const at = (kind: string) => top.find((entry) => entry.directory && entry.name === kind);
  const sourceEntries = at('sources') ? ((await entriesOf(join(root, 'sources'))) ?? []) : [];
  const productEntries = at('products') ? ((await entriesOf(join(root, 'products'))) ?? []) : [];
  reportMisplaced(root, top, report);
  const sources = await loadSources(root, sourceEntries, report);
  const products = await loadProducts(root, productEntries, report);
  if (!sourceEntries.some(isYaml)) {
    report(
      'catalog-empty',
      `${root} declares no source.`,
      { file: root },
      `Write ${join(root, 'sources', '<name>.yaml')}.`,
    );
  }
  return { sources, products, problems: inReadingOrder(problems) };
}

const isYaml = (entry: Entry) => !entry.directory && /\.ya?ml$/i.test(entry.name);
const isSql = (entry: Entry) => !entry.directory && /\.sql$/i.test(entry.name);
const stem = (file: string) => file.slice(0, -extname(file).length);

/** SQL at the top of the catalog, or folders named a little otherwise, would be passed over without a word. */
function reportMisplaced(root: string, top: readonly Entry[], report: Report): void {
  for (const entry of top) {
    const file = join(root, entry.name);
    if (isSql(entry))
      report(
        'file-misplaced',
        `${file} is not read here.`,
        { file },
        `Move it to ${join(root, 'products')}.`,
      );
    const kind = { source: 'sources', product: 'products' }[entry.name.toLowerCase().replace(/s$/, '')];
    if (entry.directory && kind !== undefined && entry.name !== kind) {
      report('file-misplaced', `The folder ${file} is not read.`, { file }, `Rename it to ${kind}.`);
    }
  }
}

async function loadSources(
  root: string,
  entries: readonly Entry[],
  report: Report,
): Promise<SourceDefinition[]> {
  const directory = join(root, 'sources');
  const parsed: SourceFile[] = [];
  for (const entry of entries.filter(isYaml)) {
    const file = join(directory, entry.name);
    const text = await readText(file, report);
    const yaml = text === undefined ? undefined : YamlFile.parse(file, text, report);
    if (yaml) parsed.push({ name: stem(entry.name), place: { file, line: 1, column: 1 }, yaml });
  }
  for (const entry of entries.filter(isSql)) {
    const file = join(directory, entry.name);
    report('file-misplaced', `${file} is not read here.`, { file }, `Move it to ${join(root, 'products')}.`);
  }
  const schemas = new Set(parsed.map((source) => schemaFileOf(directory, source.yaml)));
  const declared = parsed.filter((source) => !schemas.has(source.place.file));
  const sources: SourceDefinition[] = [];
  for (const source of dropDuplicates(declared, 'source', report)) {
    const named = checkName(source.name, 'source', source.place, report);
    const definition = await readSource(root, directory, source, report);
    if (named && definition) sources.push(definition);
  }
  return sources;
}

async function loadProducts(
  root: string,
  entries: readonly Entry[],
  report: Report,
): Promise<DeclaredProduct[]> {
  const directory = join(root, 'products');
  for (const entry of entries.filter((one) => one.directory)) {
    const inner = (await entriesOf(join(directory, entry.name))) ?? [];
    for (const { name } of inner.filter(isSql)) {
      const file = join(directory, entry.name, name);
      report(
        'file-misplaced',
        `${file} is not read: products lie in one folder.`,
        { file },
        `Move it to ${directory}.`,
      );
    }
  }
  const settings = await loadSettings(directory, entries, report);
  const files = entries.filter(isSql).map(({ name }) => ({
    name: stem(name),
    place: { file: join(directory, name), line: 1, column: 1 },
  }));
  const products: DeclaredProduct[] = [];
  for (const { name, place } of dropDuplicates(files, 'product', report)) {
    const named = checkName(name, 'product', place, report);
    const sql = await readText(place.file, report);
    const its = settings.get(name);
    const file: ProductFile = {
      name,
      path: place.file,
      sql: sql ?? '',
      settings: its === 'broken' ? undefined : its,
    };
    const product = sql === undefined ? undefined : readProduct(file, report);
    if (named && product && its !== 'broken') products.push(product);
  }
  const names = new Set(files.map((file) => file.name));
  for (const [name, yaml] of settings) {
    if (names.has(name) || yaml === 'broken') continue;
    const sql = join(directory, `${name}.sql`);
    report(
      'product-without-sql',
      `The product ${name} has no SQL.`,
      yaml.place([]),
      `Write ${sql}, or remove ${yaml.file}.`,
    );
  }
  return products;
}

/** Product name → its settings file; `broken` where it could not be parsed. */
async function loadSettings(
  directory: string,
  entries: readonly Entry[],
  report: Report,
): Promise<Map<string, YamlFile | 'broken'>> {
  const files = entries.filter(isYaml).map(({ name }) => ({
    name: stem(name),
    place: { file: join(directory, name), line: 1, column: 1 },
  }));
  const settings = new Map<string, YamlFile | 'broken'>();
  for (const { name, place } of dropDuplicates(files, 'product', report)) {
    const text = await readText(place.file, report);
    settings.set(
      name,
      (text === undefined ? undefined : YamlFile.parse(place.file, text, report)) ?? 'broken',
    );
  }
  return settings;
}
