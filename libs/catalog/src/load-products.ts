/** `products/`: every data product of the catalog. */
import { join } from 'node:path';
import type { DeclaredProduct } from '@tenon/ports';
import { checkName, dropDuplicates } from './names';
import { readProduct } from './product-file';
import type { Report } from './report';
import { entriesOf, isSql, isYaml, readText, stem } from './text-file';
import type { Entry } from './text-file';
import { YamlFile } from './yaml-file';

export interface LoadedProducts {
  readonly products: readonly DeclaredProduct[];
  /** Products that have problems, with what could be read of them. */
  readonly unsound: readonly DeclaredProduct[];
}

/** The settings file of a product could not be parsed. */
const BROKEN = Symbol('broken');
type SettingsFiles = ReadonlyMap<string, YamlFile | typeof BROKEN>;

export async function loadProducts(
  root: string,
  entries: readonly Entry[],
  report: Report,
): Promise<LoadedProducts> {
  const directory = join(root, 'products');
  await reportNested(directory, entries, report);
  const settings = await loadSettings(directory, entries, report);
  const files = placed(directory, entries.filter(isSql));
  const products: DeclaredProduct[] = [];
  const unsound: DeclaredProduct[] = [];
  for (const { name, place } of dropDuplicates(files, 'product', report)) {
    const named = checkName(name, 'product', place, report);
    const sql = await readText(place.file, report);
    if (sql === undefined) continue;
    const its = settings.get(name);
    const read = readProduct(
      { name, path: place.file, sql, settings: its === BROKEN ? undefined : its },
      report,
    );
    if (read === undefined) continue;
    (named && read.sound && its !== BROKEN ? products : unsound).push(read.product);
  }
  reportLone(directory, settings, new Set(files.map((file) => file.name)), report);
  return { products, unsound };
}

const placed = (directory: string, entries: readonly Entry[]) =>
  entries.map(({ name }) => ({
    name: stem(name),
    place: { file: join(directory, name), line: 1, column: 1 },
  }));

async function loadSettings(
  directory: string,
  entries: readonly Entry[],
  report: Report,
): Promise<SettingsFiles> {
  const settings = new Map<string, YamlFile | typeof BROKEN>();
  for (const { name, place } of dropDuplicates(
    placed(directory, entries.filter(isYaml)),
    'product',
    report,
  )) {
    const text = await readText(place.file, report);
    settings.set(name, (text === undefined ? undefined : YamlFile.parse(place.file, text, report)) ?? BROKEN);
  }
  return settings;
}

/** SQL in a folder below would be passed over without a word. */
async function reportNested(directory: string, entries: readonly Entry[], report: Report): Promise<void> {
  for (const folder of entries.filter((one) => one.directory)) {
    for (const { name } of ((await entriesOf(join(directory, folder.name))) ?? []).filter(isSql)) {
      const file = join(directory, folder.name, name);
      report(
        'file-misplaced',
        `${file} is not read: products lie in one folder.`,
        { file },
        `Move it to ${directory}.`,
      );
    }
  }
}

function reportLone(
  directory: string,
  settings: SettingsFiles,
  names: ReadonlySet<string>,
  report: Report,
): void {
  for (const [name, yaml] of settings) {
    if (names.has(name) || yaml === BROKEN) continue;
    const hint = `Write ${join(directory, `${name}.sql`)}, or remove ${yaml.file}.`;
    report('product-without-sql', `The product ${name} has no SQL.`, yaml.place([]), hint);
  }
}
