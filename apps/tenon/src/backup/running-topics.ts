/** The topics of a Tenon that runs, by HTTP: its process has the embedded log open, and reads it for us. */
import type { TopicsAnswer } from '@tenon/composition';
import type { RawTopics } from '@tenon/ports';
import type { RawReadJson } from '@tenon/topic-backup';
import { fromRawJson } from '@tenon/topic-backup';
import type { Client } from '../cli/client';
import { segment } from '../cli/client';

export function runningTopics(client: Client): RawTopics {
  const all = () => client.json<TopicsAnswer>('/v1/topics');
  const one = async (topic: string) => (await all()).topics.find(({ name }) => name === topic) ?? null;
  const ranges = async (topic: string) => (await one(topic))?.ranges ?? {};
  const refuse = async (): Promise<never> => {
    throw new Error('A Tenon that runs is dumped from, and not restored into.');
  };
  return {
    name: client.url,
    list: async (prefix) =>
      (await all()).topics.map(({ name }) => name).filter((name) => name.startsWith(prefix)),
    describe: async (topic) => {
      const found = await one(topic);
      if (found === null) return null;
      const { name, id, partitions, config } = found;
      return { name, id, partitions, config };
    },
    ranges,
    // Which records are meant their timestamps say one by one; here is where to begin to look.
    offsetsAt: async (topic) =>
      Object.fromEntries(Object.entries(await ranges(topic)).map(([id, { start }]) => [id, start])),
    read: async (topic, partition, from, end) =>
      fromRawJson(await client.json<RawReadJson>(`/v1/topics/${segment(topic)}/${partition}/${from}/${end}`)),
    groups: async () => [],
    create: refuse,
    append: refuse,
    refusal: () => null,
    settle: refuse,
    commitGroup: refuse,
    close: async () => client.close(),
  };
}
