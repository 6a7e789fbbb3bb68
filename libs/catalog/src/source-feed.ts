/** `from:` of a source: the stream of somebody else that its events are taken from. */
import type { SourceFeed } from '@tenon/domain';
import { FEED_FORMATS } from '@tenon/domain';
import type { Settings } from './settings';

const KINDS = ['kafka'] as const;
const MISTAKES = {
  topic: 'Write `from: { kafka: { topic: … } }`.',
  brokers: 'Where Kafka is stands in the settings: TENON_SOURCE_KAFKA_BROKERS.',
  group: 'The group is Tenon’s own: tenon-source-<name>.',
} as const;
const EXAMPLE = 'Write `from: { kafka: { topic: shop.orders } }`.';

/** As Kafka has them. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
/** What Tenon writes would come back to it. */
const OWN = /^tenon\./;

/**
 * A record that is sent twice on its way into the log lies this close to itself at most, with what others append meanwhile: the
 * window has to reach so far.
 */
export const LEAST_WINDOW = 10_000;

/** @returns undefined if the source has none, or if anything about it is wrong (reported) */
export function readFeed(source: Settings): SourceFeed | undefined {
  const from = source.section('from')?.only(KINDS, MISTAKES);
  if (from === undefined) return undefined;
  const kafka = from.section('kafka')?.only(['topic', 'format'], MISTAKES);
  if (kafka === undefined) {
    if (from.get('kafka') === undefined) source.invalid('from', 'a mapping with the key kafka', EXAMPLE);
    return undefined;
  }
  const format = kafka.oneOf('format', FEED_FORMATS, 'json');
  const topic = kafka.text('topic');
  if (topic === undefined || !TOPIC.test(topic) || OWN.test(topic)) {
    if (topic !== undefined || kafka.get('topic') === undefined)
      kafka.invalid('topic', 'the name of a topic that others write', EXAMPLE);
    return undefined;
  }
  return { kind: 'kafka', stream: topic, format };
}
