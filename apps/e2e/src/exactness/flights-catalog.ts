/** Products of the oracle as a catalog that a process reads. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Topology } from '@tenon/domain';
import { stringify } from 'yaml';
import type { OracleProduct } from './products';
import { PRODUCTS, flightsSource } from './products';

export interface FlightsCatalog {
  readonly partitions: number;
  readonly dedupeWindow: number;
  /** Name of a product → its topology. */
  readonly topologies: Readonly<Record<string, Topology>>;
}

export const productsOf = ({ topologies }: FlightsCatalog): OracleProduct[] =>
  PRODUCTS.filter(({ name }) => name in topologies);

export async function writeCatalog(directory: string, catalog: FlightsCatalog): Promise<void> {
  const { name, ...source } = flightsSource(catalog.partitions, catalog.dedupeWindow);
  const { key, time, partitions, dedupe, schema } = source;
  await mkdir(join(directory, 'sources'), { recursive: true });
  await mkdir(join(directory, 'products'), { recursive: true });
  await writeFile(
    join(directory, `sources/${name}.yaml`),
    stringify({ key, time, partitions, dedupe, schema }),
  );
  for (const product of productsOf(catalog)) {
    const topology = catalog.topologies[product.name] as Topology;
    const retention =
      product.retentionMicros === null ? {} : { retention: `${product.retentionMicros / DAY}d` };
    await writeFile(join(directory, `products/${product.name}.sql`), product.sql);
    await writeFile(join(directory, `products/${product.name}.yaml`), stringify({ topology, ...retention }));
  }
}

/** Microseconds. */
const DAY = 86_400_000_000;
