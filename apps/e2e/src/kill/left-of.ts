/** What there is of a version of a product: keys of documents, topics. */
import type { Parts } from '@tenon/composition';
import { TOPICS } from '@tenon/contracts';

export async function leftOf(parts: Pick<Parts, 'store' | 'log'>, id: string): Promise<string[]> {
  const [store, log] = [await parts.store(), await parts.log()];
  const left: string[] = [];
  for (const topic of [TOPICS.flushes(id), TOPICS.ranges(id)])
    if (await log.hasTopic(topic)) left.push(topic);
  await store.snapshot(async (snapshot) => {
    for (const table of ['meta', 'base', 'speed'] as const)
      for await (const chunk of snapshot.scan(table, { gte: '', lt: '~' }))
        for (const { key } of chunk) if (`/${key}/`.includes(`/${id}/`)) left.push(`${table} ${key}`);
  });
  return left;
}
