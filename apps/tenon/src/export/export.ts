/** Writes the catalog of what runs as files: what `tenon check` takes, and `tenon plan` finds nothing to change in. */
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createFileCatalog, fingerprintOf } from '@tenon/catalog';
import type { CatalogAnswer } from '@tenon/composition';
import type { ProductDefinition, SourceDefinition } from '@tenon/domain';
import { failure } from '../cli/failure';
import { askCatalog } from '../plan/running';
import { productFiles, sourceFile } from './files';

export interface Exported {
  readonly directory: string;
  readonly sources: readonly string[];
  /** Name and version. */
  readonly products: readonly { readonly name: string; readonly version: number }[];
  readonly files: readonly string[];
}

export interface ExportOptions {
  readonly directory: string;
  readonly url: string;
  /** The catalog as it was taken last; else of each name the version that it answers with. */
  readonly declared: boolean;
}

/** @throws Failure `directory-not-empty`, `export-differs`, or what asking gives */
export async function exportCatalog({ directory, url, declared }: ExportOptions): Promise<Exported> {
  await mustBeEmpty(directory);
  const told = await askCatalog(url);
  const products = productsOf(told, declared);
  const files = [...told.sources.map(sourceFile), ...products.flatMap(productFiles)];
  for (const { name } of [...told.sources, ...products]) mustBeName(name, url);
  await writeAll(directory, files, { sources: told.sources, products });
  return {
    directory,
    sources: told.sources.map(({ name }) => name),
    products: products.map(({ name, version }) => ({ name, version })),
    files: files.map(({ path }) => path),
  };
}

export function productsOf(
  { products, versions }: Pick<CatalogAnswer, 'products' | 'versions'>,
  declared: boolean,
): ProductDefinition[] {
  const names = [...new Set(products.map(({ name }) => name))];
  return names.flatMap((name) => {
    const known = products.filter((one) => one.name === name);
    const served = declared ? undefined : known.find(({ version }) => version === versions[name]?.served);
    const one = served ?? known.find((product) => product.declared);
    if (one === undefined) return [];
    const { version, sql, topology, retentionMicros, generations, description } = one;
    return {
      ...{ name, version, sql, topology, retentionMicros },
      ...(generations !== undefined && { generations }),
      ...(description !== null && { description }),
    };
  });
}

async function mustBeEmpty(directory: string): Promise<void> {
  const found = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (found.length > 0)
    throw failure(
      'directory-not-empty',
      `${directory} has files already.`,
      'Name a directory that is empty, or that is not there.',
    );
}

/** Names become names of files, and come over the network. */
function mustBeName(name: string, url: string): void {
  if (!/^[a-z][a-z0-9_-]{0,62}$/i.test(name))
    throw failure('not-tenon', `${url} tells a name that no source or product can have.`);
}

/** All files or none: they are written beside, read back, and come to be there in one step. */
async function writeAll(
  directory: string,
  files: readonly { readonly path: string; readonly text: string }[],
  definitions: {
    readonly sources: readonly SourceDefinition[];
    readonly products: readonly ProductDefinition[];
  },
): Promise<void> {
  const target = resolve(directory);
  await mkdir(dirname(target), { recursive: true });
  const beside = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    for (const folder of ['sources', 'products']) await mkdir(join(beside, folder));
    for (const { path, text } of files) await writeFile(join(beside, path), text);
    const { sources, products, problems } = await createFileCatalog(beside).load();
    const place = { file: '' };
    const meant = definitions.products.map((definition) => ({ definition, place }));
    if (
      fingerprintOf({ sources, products }) !==
      fingerprintOf({ sources: definitions.sources, products: meant })
    )
      throw failure(
        'export-differs',
        `What was written would be read as something else${problems.length > 0 ? `: ${problems[0]?.message}` : '.'}`,
        'This is a fault of Tenon; please report it with what GET /v1/catalog answers.',
      );
    await rename(beside, target);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}
