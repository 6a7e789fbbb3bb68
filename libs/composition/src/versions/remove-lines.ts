/**
 * Removes base views of lines that were given up, also beside services that run: what a range lands meanwhile is left alone.
 *
 * A full range writes each cell of its line anew, so only what it has written may not go. Where, at one instant of the store, no
 * range is accounted for and all of the topic has landed that there is afterwards, no cell of a line that is not served is of a
 * range under way; and what is another document by then than it was at that instant was written since.
 */
import type { BaseDocument } from '@tenon/contracts';
import { STORE_KEYS, TOPICS, keyAfter } from '@tenon/contracts';
import type { Offset, Plan, ProductId } from '@tenon/domain';
import type { EventLog, ProductStore, StoreSnapshot } from '@tenon/ports';
import { layoutOf, placesOf } from '@tenon/views';
import { abortedLines } from './gone';

/** Documents that are removed in one transaction. */
const CHUNK = 500;

export interface RemovedLines {
  /** How many documents there are, or were. */
  readonly documents: number;
  /** Why no more of them went, in words; null: all did. */
  readonly kept: string | null;
}

export async function removeAbortedLines(
  store: ProductStore,
  log: Pick<EventLog, 'hasTopic' | 'endOffsets'>,
  product: ProductId,
  plan: Plan | undefined,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<RemovedLines> {
  const layout = plan && layoutOf(plan, []);
  const topic = TOPICS.ranges(product);
  const at = STORE_KEYS.base(product, 0).length;
  let documents = 0;
  for (let from = ''; ;) {
    const found = await store.snapshot((snapshot) => firstOf(snapshot, product, from));
    const last = found.entries.at(-1);
    if (last === undefined) return { documents, kept: null };
    const ends = (await log.hasTopic(topic)) ? await log.endOffsets(topic) : {};
    if (Object.entries<Offset>(ends).some(([partition, end]) => (found.landed(Number(partition)) ?? 0) < end))
      return { documents, kept: 'ranges of it have not landed yet' };
    documents += dryRun
      ? found.entries.length
      : await store.transact(async (tx) => {
          let removed = 0;
          for (const { key, text, k } of found.entries) {
            if (JSON.stringify(await tx.get('base', key)) !== text) continue;
            const places = layout && placesOf(layout, key.slice(0, at), key.slice(at), JSON.stringify(k));
            tx.delete('base', key, places);
            removed += 1;
          }
          return removed;
        });
    from = keyAfter(last.key);
  }
}

/** The first documents of lines that were given up, and how far the ranges have landed at that instant. */
async function firstOf(snapshot: StoreSnapshot, product: ProductId, from: string) {
  const entries: { readonly key: string; readonly text: string; readonly k: BaseDocument['k'] }[] = [];
  for (const { table, range } of await abortedLines(snapshot, product)) {
    const gte = from > range.gte ? from : range.gte;
    const limit = CHUNK - entries.length;
    if (limit === 0 || gte >= range.lt) continue;
    for await (const chunk of snapshot.scan<BaseDocument>(table, { gte, lt: range.lt, limit }))
      for (const { key, value } of chunk) entries.push({ key, text: JSON.stringify(value), k: value.k });
  }
  const prefix = `consumed/${TOPICS.ranges(product)}/`;
  const marks = new Map<number, Offset>();
  for await (const chunk of snapshot.scan<Offset>('meta', { gte: prefix, lt: `${prefix}~` }))
    for (const { key, value } of chunk) marks.set(Number(key.slice(prefix.length)), value);
  return { entries, landed: (partition: number) => marks.get(partition) };
}
