/** Removes what no catalog asks for any more: versions of products, their topics, base views that were given up. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createFileCatalog } from '@tenon/catalog';
import type { ProductLayers } from '@tenon/composition';
import {
  createParts,
  goneOf,
  productLayers,
  productsIn,
  removeAbortedLines,
  removeFrom,
} from '@tenon/composition';
import type { Plan, ProductId } from '@tenon/domain';
import { droppedVersion, otherVersion, parseProductId, productId } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import { createLogger, readSettings } from '@tenon/runtime';
import { versionBook } from '@tenon/views';
import { Client } from '../cli/client';
import { failure } from '../cli/failure';

export interface PrunedProduct {
  readonly product: ProductId;
  /** `gone`: the catalog does not have it; `lines`: base views of it that nobody reads. */
  readonly what: 'gone' | 'lines';
  readonly documents: number;
  readonly topics: readonly string[];
}

export interface Pruned {
  readonly dryRun: boolean;
  readonly pruned: readonly PrunedProduct[];
  /** What the catalog does not have, and is left, with the reason. */
  readonly kept: readonly { readonly product: ProductId; readonly reason: string }[];
}

export interface PruneOptions {
  readonly data?: string;
  readonly catalog?: string;
  readonly dryRun: boolean;
  readonly url: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @throws Failure, Refusal where the catalog is not sound, TenonError `data-directory-locked` if a Tenon runs there */
export async function prune({ data, catalog, dryRun, url, environment }: PruneOptions): Promise<Pruned> {
  const settings = readSettings(environment);
  const directory = resolve(data ?? settings.TENON_DATA);
  const isEmbedded = settings.TENON_KAFKA_BROKERS === undefined && settings.TENON_MONGODB_URL === undefined;
  if (isEmbedded && !existsSync(directory))
    throw failure('no-data', `There is no ${directory}.`, 'Name the data directory with --data.');
  const wanted = await wantedProducts(resolve(catalog ?? settings.TENON_CATALOG));
  // The data directory is locked by whoever runs on it; servers tell nobody.
  const running = isEmbedded ? new Set<ProductId>() : await runningProducts(url);
  const parts = createParts(
    settings,
    directory,
    createLogger({ level: 'silent', name: 'prune' }),
    'tenon-prune',
  );
  try {
    const [store, log] = [await parts.store(), await parts.log()];
    const known = await store.snapshot(productsIn);
    const book = versionBook(store);
    const storesOf = async (product: ProductId): Promise<Stored> => {
      const [plan] = await book.plans([product]);
      return { plan, layers: await productLayers(parts, settings, plan === undefined ? [] : [plan]) };
    };
    const pruned: PrunedProduct[] = [];
    const kept: { product: ProductId; reason: string }[] = [];
    for (const product of known) {
      if (wanted.has(product)) {
        const { layers, plan } = await storesOf(product);
        for (const one of layers.all) {
          const { documents, kept: reason } = await removeAbortedLines(one, log, product, plan, { dryRun });
          if (documents > 0) pruned.push({ product, what: 'lines', documents, topics: [] });
          if (reason !== null)
            kept.push({ product, reason: `base views that nobody reads stay, as ${reason}` });
        }
        continue;
      }
      const { name, version } = parseProductId(product);
      const nameIsGone = ![...wanted].some((one) => parseProductId(one).name === name);
      const versions = nameIsGone ? undefined : (await book.read([name])).get(name);
      const state = versions && otherVersion(versions, version)?.state;
      if (running.has(product))
        kept.push({ product, reason: `${url} runs it: reload the catalog there first` });
      else if (versions?.served === version)
        kept.push({ product, reason: 'it is served: start Tenon with the catalog first' });
      else if (state !== undefined && state !== 'dropping' && state !== 'dropped')
        kept.push({ product, reason: `it is ${state} beside version ${versions?.served}: see tenon drop` });
      else {
        const gone = await goneOf(log, product, nameIsGone);
        const { layers, plan } = await storesOf(product);
        const documents = await removeFrom(layers, plan, gone.ranges, { dryRun });
        if (!dryRun) {
          for (const topic of gone.topics) await log.deleteTopic(topic);
          await book.change(name, (current) => droppedVersion(current, version, Date.now()));
        }
        pruned.push({ product, what: 'gone', documents, topics: gone.topics });
      }
    }
    return { dryRun, pruned, kept };
  } finally {
    await parts.close();
  }
}

/** What is known of a product, and the stores that may hold something of it. */
interface Stored {
  readonly plan: Plan | undefined;
  readonly layers: ProductLayers;
}

async function wantedProducts(directory: string): Promise<ReadonlySet<ProductId>> {
  const { products, problems } = await createFileCatalog(directory).load();
  if (problems.length > 0) throw new Refusal('catalog', problems);
  return new Set(products.map(({ definition }) => productId(definition.name, definition.version)));
}

async function runningProducts(url: string): Promise<ReadonlySet<ProductId>> {
  const client = new Client(url);
  try {
    const answer = await client.json<{
      readonly products: readonly {
        readonly name: string;
        readonly version: number;
        readonly versions?: readonly { readonly version: number; readonly state: string }[];
      }[];
    }>('/v1/products');
    const all = answer.products.flatMap(({ name, version, versions = [] }) => [
      productId(name, version),
      ...versions.filter(({ state }) => state !== 'dropped').map((one) => productId(name, one.version)),
    ]);
    return new Set(all);
  } finally {
    client.close();
  }
}
