/** Which topics are meant. */
import { TOPICS } from '@tenon/contracts';
import { TenonError } from '@tenon/errors';
import type { RawTopics } from '@tenon/ports';

/** A source's name stands for its topic of events, unless there is a topic of that name. @throws TenonError `unknown-topic`, `ambiguous-topic` */
export async function topicOf(topics: RawTopics, name: string): Promise<string> {
  const events = TOPICS.events(name);
  const all = await topics.list('');
  const [isTopic, isSource] = [all.includes(name), all.includes(events)];
  if (isTopic && isSource)
    throw new TenonError('ambiguous-topic', `${name} is a topic, and a source, whose topic is ${events}.`, {
      hint: `Write ${events} for the source, or --topic for the topic.`,
    });
  if (isSource) return events;
  if (isTopic) return name;
  throw new TenonError('unknown-topic', `There is no topic and no source ${name} in ${topics.name}.`);
}

/** Made of the others by the services, whenever it is missing. */
const DERIVED = ['tenon.flushes.', 'tenon.ranges.', 'tenon.states.'];

/** All of Tenon's that nothing else can make again. */
export async function ownTopics(topics: RawTopics): Promise<string[]> {
  const all = await topics.list('tenon.');
  return all.filter((topic) => !DERIVED.some((prefix) => topic.startsWith(prefix)));
}
