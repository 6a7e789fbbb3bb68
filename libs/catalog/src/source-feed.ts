/** `from:` of a source: the stream of somebody else that its events are taken from. */
import type { SourceFeed } from '@tenon/domain';
import { FEED_FORMATS } from '@tenon/domain';
import type { Settings } from './settings';

const KINDS = ['kafka', 'nats'] as const;
const MISTAKES = {
  topic: 'Write `from: { kafka: { topic: … } }`.',
  brokers: 'Where Kafka is stands in the settings: TENON_SOURCE_KAFKA_BROKERS.',
  registry: 'Write `encoding: registry`; where it is stands in the settings: TENON_SCHEMA_REGISTRY_URL.',
  group: 'The group is Tenon’s own: tenon-source-<name>.',
} as const;
const EXAMPLE = 'Write `from: { kafka: { topic: shop.orders } }` or `from: { nats: { stream: ORDERS } }`.';
const NATS_MISTAKES = {
  topic: 'In NATS they are streams and subjects: `from: { nats: { stream: ORDERS, subject: orders.> } }`.',
  url: 'Where NATS is stands in the settings: TENON_SOURCE_NATS_URL.',
  servers: 'Where NATS is stands in the settings: TENON_SOURCE_NATS_URL.',
  durable: 'Tenon keeps by itself how far it is.',
  consumer: 'Tenon keeps by itself how far it is.',
} as const;
const NATS_EXAMPLE =
  'Write `from: { nats: { stream: ORDERS } }`, `subject: orders.>` with it or in its place.';

/** As JetStream has them. */
const STREAM = /^[^\s.*>/\\]{1,255}$/;
const SUBJECT = /^([^\s.*>]+|\*)(\.([^\s.*>]+|\*))*(\.>)?$/;

/** `registry`: Confluent's wire format, by a schema registry. */
const ENCODINGS = ['json', 'registry'] as const;

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
  if (from.get('kafka') !== undefined && from.get('nats') !== undefined) {
    source.invalid('from', 'one stream: of kafka or of nats', EXAMPLE);
    return undefined;
  }
  return from.get('nats') === undefined ? readKafka(source, from) : readNats(from);
}

function readKafka(source: Settings, from: Settings): SourceFeed | undefined {
  const kafka = from.section('kafka')?.only(['topic', 'format', 'encoding'], MISTAKES);
  if (kafka === undefined) {
    if (from.get('kafka') === undefined)
      source.invalid('from', 'a mapping with the key kafka or nats', EXAMPLE);
    return undefined;
  }
  const format = kafka.oneOf('format', FEED_FORMATS, 'json');
  const encoding = kafka.oneOf('encoding', ENCODINGS, 'json');
  const topic = kafka.text('topic');
  if (topic === undefined || !TOPIC.test(topic) || OWN.test(topic)) {
    if (topic !== undefined || kafka.get('topic') === undefined)
      kafka.invalid('topic', 'the name of a topic that others write', EXAMPLE);
    return undefined;
  }
  return { kind: 'kafka', stream: topic, format, ...(encoding === 'registry' && { encoding }) };
}

function readNats(from: Settings): SourceFeed | undefined {
  const nats = from.section('nats')?.only(['stream', 'subject', 'format'], NATS_MISTAKES);
  if (nats === undefined) return undefined;
  const format = nats.oneOf('format', FEED_FORMATS, 'json');
  const [stream, subject] = [nats.text('stream'), nats.text('subject')];
  if (stream === undefined && subject === undefined) {
    if (nats.get('stream') === undefined && nats.get('subject') === undefined)
      nats.invalid('stream', 'the name of a stream that others write', NATS_EXAMPLE);
    return undefined;
  }
  if (stream !== undefined && !STREAM.test(stream)) {
    nats.invalid('stream', 'the name of a stream that others write', NATS_EXAMPLE);
    return undefined;
  }
  if (subject !== undefined && (!SUBJECT.test(subject) || OWN.test(subject))) {
    nats.invalid('subject', 'a subject by which others write', NATS_EXAMPLE);
    return undefined;
  }
  return {
    kind: 'nats',
    stream: stream ?? (subject as string),
    ...(subject !== undefined && { subject }),
    format,
  };
}
