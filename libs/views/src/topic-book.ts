/** Which topics the offsets in the store are of. */
import type { TopicDocument } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, supported } from '@tenon/contracts';
import type { ProductStore, StoreTransaction, TopicBook } from '@tenon/ports';

export function topicBook(store: Pick<ProductStore, 'snapshot' | 'transact'>): TopicBook {
  const read = async (tx: Pick<StoreTransaction, 'get'>, topic: string) =>
    supported('topic', await tx.get<TopicDocument>('meta', STORE_KEYS.topic(topic)))?.id;
  const put = (tx: StoreTransaction, topic: string, id: string) =>
    tx.put('meta', STORE_KEYS.topic(topic), { v: VERSIONS.topic.writes, id } satisfies TopicDocument);
  return {
    idOf: (topic) => store.snapshot((snapshot) => read(snapshot, topic)),
    note: (topic, id) =>
      store.transact(async (tx) => {
        const noted = await read(tx, topic);
        if (noted === undefined) put(tx, topic, id);
        return noted ?? id;
      }),
    replace: (topic, id) => store.transact(async (tx) => put(tx, topic, id)),
  };
}
