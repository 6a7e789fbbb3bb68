/** `GET /v1/topics`: the embedded log's topics as they are, for whoever copies them while this process has them open. */
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, RawRange, RawTopics, Route, TopicFacts } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import { toRawJson } from '@tenon/topic-backup';
import type { Parts } from './parts';
import { openRawTopics } from './raw-topics';

export interface TopicsAnswer {
  /** Where the log is, for people. */
  readonly name: string;
  readonly topics: readonly (TopicFacts & { readonly ranges: Readonly<Record<string, RawRange>> })[];
}

export function topicsRoutes(parts: Parts, settings: Settings, data: string): Route[] {
  const opened = (): Promise<RawTopics> => {
    if (settings.TENON_KAFKA_BROKERS === undefined)
      return openRawTopics(settings, data, parts, parts.logger, true);
    throw new HttpProblem(
      404,
      'no-embedded-log',
      'The log is on Kafka: copy its topics from there (`tenon dump --kafka`).',
    );
  };
  return [
    {
      method: 'GET',
      path: '/v1/topics',
      query: [],
      handle: async () => ({ status: 200, json: await listed(await opened()) }),
    },
    {
      method: 'GET',
      path: '/v1/topics/:topic/:partition/:from/:to',
      query: [],
      handle: async ({ params }) => {
        const { topic, partition, from, to } = placeOf(params);
        const topics = await opened();
        if ((await topics.describe(topic)) === null || !(partition in (await topics.ranges(topic))))
          throw new HttpProblem(404, 'unknown-partition', `There is no partition ${partition} of ${topic}.`);
        const end = Math.min(to, (await topics.ranges(topic))[partition]?.end ?? 0);
        const read = from < end ? await topics.read(topic, partition, from, end) : NOTHING;
        return { status: 200, json: toRawJson({ ...NOTHING, next: from, ...read }) };
      },
    },
  ];
}

const NOTHING = { records: [], holes: [] } as const;

async function listed(topics: RawTopics): Promise<TopicsAnswer> {
  const found: TopicsAnswer['topics'][number][] = [];
  for (const name of await topics.list('')) {
    const facts = await topics.describe(name);
    if (facts !== null) found.push({ ...facts, ranges: await topics.ranges(name) });
  }
  return { name: topics.name, topics: found };
}

function placeOf({ topic = '', partition, from, to }: HttpRequest['params']) {
  const [at = null, first = null, end = null] = [partition, from, to].map((text) =>
    text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null,
  );
  if (at === null || first === null || end === null)
    throw new HttpProblem(400, 'bad-parameter', 'Partition and offsets are whole numbers.');
  return { topic, partition: at, from: first, to: end };
}
