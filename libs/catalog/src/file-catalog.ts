/** The catalog as a directory that a person can read and diff: `sources/` and `products/`. */
import { join } from 'node:path';
import type { Catalog, CatalogContent } from '@tenon/ports';
import { loadProducts } from './load-products';
import { loadSources } from './load-sources';
import { collectProblems, inReadingOrder } from './report';
import type { Report } from './report';
import { entriesOf, isSql, isYaml } from './text-file';
import type { Entry } from './text-file';

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
  const { sources, unsound: unsoundSources } = await loadSources(root, sourceEntries, report);
  const { products, unsound: unsoundProducts } = await loadProducts(root, productEntries, report);
  if (!sourceEntries.some(isYaml)) {
    report(
      'catalog-empty',
      `${root} declares no source.`,
      { file: root },
      `Write ${join(root, 'sources', '<name>.yaml')}.`,
    );
  }
  const unsound = { sources: unsoundSources, products: unsoundProducts };
  return { sources, products, problems: inReadingOrder(problems), ...(problems.length > 0 && { unsound }) };
}

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
