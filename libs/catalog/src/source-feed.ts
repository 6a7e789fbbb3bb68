/** `from:` of a source: the stream of somebody else that its events are taken from. */
import type { SourceFeed } from '@tenon/domain';
import { FEED_FORMATS, FILE_ROWS } from '@tenon/domain';
import { parseDuration } from './duration';
import type { Settings } from './settings';

const KINDS = ['kafka', 'nats', 'files'] as const;
const MISTAKES = {
  topic: 'Write `from: { kafka: { topic: … } }`.',
  brokers: 'Where Kafka is stands in the settings: TENON_SOURCE_KAFKA_BROKERS.',
  registry: 'Write `encoding: registry`; where it is stands in the settings: TENON_SCHEMA_REGISTRY_URL.',
  group: 'The group is Tenon’s own: tenon-source-<name>.',
} as const;
const EXAMPLE =
  'Write `from: { kafka: { topic: shop.orders } }`, `from: { nats: { stream: ORDERS } }` or `from: { files: { folder: incoming/orders } }`.';
const FILES_MISTAKES = {
  path: 'Write `folder: incoming/orders`.',
  directory: 'Write `folder: incoming/orders`.',
  dir: 'Write `folder: incoming/orders`.',
  glob: "Write `pattern: 'orders-*.csv'`; folders in the folder are read too.",
  bucket: 'Object stores are not read: mount or synchronise the prefix as a folder.',
  prefix: 'Object stores are not read: mount or synchronise the prefix as a folder.',
} as const;
const FILES_EXAMPLE = 'Write `from: { files: { folder: incoming/orders } }`.';
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
  const given = KINDS.filter((kind) => from.get(kind) !== undefined);
  if (given.length > 1) {
    source.invalid('from', 'one of kafka, nats and files', EXAMPLE);
    return undefined;
  }
  if (given[0] === 'files') return readFiles(from);
  return given[0] === 'nats' ? readNats(from) : readKafka(source, from);
}

function readKafka(source: Settings, from: Settings): SourceFeed | undefined {
  const kafka = from.section('kafka')?.only(['topic', 'format', 'encoding'], MISTAKES);
  if (kafka === undefined) {
    if (from.get('kafka') === undefined)
      source.invalid('from', 'a mapping with the key kafka, nats or files', EXAMPLE);
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

/** How long nobody may have written to a file until it is taken for whole. */
const SETTLE_MS = 3_000;
const LONGEST_SETTLE_MS = 24 * 3_600_000;

function readFiles(from: Settings): SourceFeed | undefined {
  const files = from.section('files')?.only(['folder', 'pattern', 'format', 'settle'], FILES_MISTAKES);
  if (files === undefined) return undefined;
  const folder = files.text('folder');
  const pattern = files.text('pattern');
  const rows = files.get('format') === undefined ? undefined : files.oneOf('format', FILE_ROWS, 'ndjson');
  if (folder === undefined || folder.trim() === '' || folder.includes('\0')) {
    if (folder !== undefined || files.get('folder') === undefined)
      files.invalid('folder', 'the folder that files come to lie in', FILES_EXAMPLE);
    return undefined;
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(folder)) {
    files.invalid('folder', 'a folder of the file system', FILES_MISTAKES.bucket);
    return undefined;
  }
  const settle = files.text('settle');
  const micros = settle === undefined ? SETTLE_MS * 1000 : parseDuration(settle);
  if (micros === undefined || micros > LONGEST_SETTLE_MS * 1000) {
    files.invalid('settle', 'a duration up to a day, such as 3s');
    return undefined;
  }
  return {
    ...{ kind: 'files', stream: folder, format: 'json' },
    files: {
      ...(pattern !== undefined && { pattern }),
      ...(rows !== undefined && { rows }),
      settleMs: Math.ceil(micros / 1000),
    },
  };
}
