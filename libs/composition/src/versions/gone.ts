/** What a store and a log hold of products that a catalog has no more, and of base views that were given up. */
import type { KeptDocument, PointerDocument } from '@tenon/contracts';
import { STORE_KEYS, TOPICS } from '@tenon/contracts';
import type { ProductId } from '@tenon/domain';
import { parseProductId } from '@tenon/domain';
import type { EventLog, ScanRange, StoreSnapshot, StoreTable } from '@tenon/ports';

/** Keys of one table that go. */
export interface Gone {
  readonly table: StoreTable;
  readonly range: Pick<ScanRange, 'gte' | 'lt'>;
}

export interface GoneProduct {
  readonly product: ProductId;
  readonly ranges: readonly Gone[];
  readonly topics: readonly string[];
}

const below = (prefix: string) => ({ gte: prefix, lt: `${prefix}~` });
const only = (key: string) => ({ gte: key, lt: `${key} ` });

/** Every version of a product that the store knows. */
export async function productsIn(snapshot: StoreSnapshot): Promise<ProductId[]> {
  const prefix = STORE_KEYS.plan('');
  const found: ProductId[] = [];
  for await (const chunk of snapshot.scan('meta', below(prefix)))
    found.push(...chunk.map(({ key }) => key.slice(prefix.length)));
  return found;
}

/** @param nameIsGone no version of it is left */
export async function goneOf(
  log: Pick<EventLog, 'hasTopic'>,
  product: ProductId,
  nameIsGone: boolean,
): Promise<GoneProduct> {
  const { name } = parseProductId(product);
  const all = [TOPICS.flushes(product), TOPICS.ranges(product)];
  if (nameIsGone) all.push(TOPICS.statesOfEdition2(name));
  const topics: string[] = [];
  for (const topic of all) if (await log.hasTopic(topic)) topics.push(topic);
  const meta = [
    // The plan last: as long as it stands, the product is found.
    ...all.map((topic) => below(`consumed/${topic}/`)),
    below(`progress/${product}/`),
    below(`range/${product}/`),
    below(`kept/${product}/`),
    only(STORE_KEYS.lease(`batch/${product}`)),
    only(STORE_KEYS.pointer(product)),
    ...(nameIsGone ? [only(STORE_KEYS.served(name))] : []),
    only(STORE_KEYS.plan(product)),
  ];
  const ranges: Gone[] = [
    { table: 'speed', range: below(`${product}/`) },
    { table: 'base', range: below(`${product}/`) },
    ...meta.map((range) => ({ table: 'meta' as const, range })),
  ];
  return { product, ranges, topics };
}

/**
 * Base views of lines that are not served: behind the served one, or begun and given up. None while a range is under way, since
 * what has landed of it lies in such a line.
 */
export async function abortedLines(snapshot: StoreSnapshot, product: ProductId): Promise<Gone[]> {
  const pointer = await snapshot.get<PointerDocument>('meta', STORE_KEYS.pointer(product));
  if (pointer === undefined) return [];
  for await (const chunk of snapshot.scan('meta', { ...STORE_KEYS.rangesOf(product), limit: 1 }))
    if (chunk.length > 0) return [];
  const line = (number: number) => STORE_KEYS.base(product, number);
  // A line before the served one stays as long as a generation of it can be read: that is consumption's to end.
  let first = pointer.line;
  for await (const chunk of snapshot.scan<KeptDocument>('meta', STORE_KEYS.keptOf(product)))
    for (const { value } of chunk) first = Math.min(first, value.pointer.line);
  return [
    { table: 'base', range: { gte: line(0), lt: line(first) } },
    { table: 'base', range: { gte: line(pointer.line + 1), lt: `${product}/~` } },
  ];
}
