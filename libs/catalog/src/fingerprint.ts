/** What a catalog says, as a short text: equal where equal things are declared, wherever and however they are written. */
import { createHash } from 'node:crypto';
import type { CatalogContent } from '@tenon/ports';

/** @returns 16 hex digits over the sources and the products; places, order of keys and comments in YAML do not count */
export function fingerprintOf({ sources, products }: Pick<CatalogContent, 'sources' | 'products'>): string {
  const byName = <T extends { readonly name: string }>(all: readonly T[]) =>
    [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
  const declared = { sources: byName(sources), products: byName(products.map((one) => one.definition)) };
  return createHash('sha256').update(JSON.stringify(declared, sorted)).digest('hex').slice(0, 16);
}

/** The members of each object in the order of their names. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
