/** The AsyncAPI 3.0 document of topics and subjects, made of the registry in libs/contracts. */
import type { MessageName } from '@tenon/contracts';
import { VERSIONS, WIRE_VERSION } from '@tenon/contracts';
import type { Channel, Message, Service } from '@tenon/contracts/schemas';
import { jsonSchemaOf } from '@tenon/contracts/schemas';
import { stringify } from 'yaml';
import { messages } from './json-schemas';

type Json = { readonly [name: string]: unknown };
type OnTopic = Message & { readonly on: Extract<Channel, { readonly topic: string }> };
type OnSubject = Message & { readonly on: Extract<Channel, { readonly subject: string }> };

const isOnTopic = (message: Message): message is OnTopic => 'topic' in message.on;
const isOnSubject = (message: Message): message is OnSubject => 'subject' in message.on;

/** `tenon.live.{product}.{version}` is the channel `tenon_live`; in edition 2 names had no version of the product. */
const channelOf = (address: string) =>
  address
    .replace(/\{product\}$/, 'of_edition_2')
    .replace(/\.\{\w+\}/g, '')
    .replaceAll('.', '_');

const PARAMETERS: Readonly<Record<string, string>> = {
  source: 'A source of the catalog',
  product: 'A product of the catalog',
  version: 'Its version',
};

/** Schemas that several messages share, which zod puts into each of them. */
class Schemas {
  readonly shared: Record<string, unknown> = {};

  of(schema: Message['schema']): Json {
    const { $schema: _draft, definitions = {}, ...own } = jsonSchemaOf(schema, 'draft-07');
    for (const [name, one] of Object.entries(definitions as Json)) this.shared[name] = this.moved(one);
    return this.moved(own) as Json;
  }

  private moved(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value).replaceAll('#/definitions/', '#/components/schemas/')) as unknown;
  }
}

/** Subjects of a message: `a, b` where it travels over two. */
const subjectsOf = ({ on }: OnSubject) => on.subject.split(', ');
const addressesOf = (message: Message) =>
  isOnTopic(message) ? [message.on.topic] : isOnSubject(message) ? subjectsOf(message) : [];

const ref = (path: string) => ({ $ref: `#/${path}` });
const replies = (address: string) => `${channelOf(address)}_replies`;
const isReply = (message: Message) => isOnSubject(message) && message.on.kind === 'reply';

function channels(): Json {
  const all: Record<string, { messages: Record<string, Json> }> = {};
  for (const [name, message] of messages)
    for (const address of addressesOf(message)) {
      const id = isReply(message) ? replies(address) : channelOf(address);
      all[id] ??= { ...describe(address, message), messages: {} };
      all[id].messages[name] = ref(`components/messages/${name}`);
    }
  return all;
}

function describe(address: string, message: Message): Json {
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const parameters = Object.fromEntries(names.map((name) => [name, { description: PARAMETERS[name] }]));
  if (isOnTopic(message)) {
    const partitions = Number(message.on.partitions);
    const kafka = { topic: address, ...(Number.isInteger(partitions) && { partitions }) };
    return {
      address,
      servers: [ref('servers/kafka')],
      ...(names.length > 0 && { parameters }),
      ...(names.length === 0 && { bindings: { kafka } }),
    };
  }
  if (isReply(message))
    return {
      address: null,
      description: `Inboxes of requests on ${address}`,
      servers: [ref('servers/nats')],
    };
  return { address, servers: [ref('servers/nats')], ...(names.length > 0 && { parameters }) };
}

/** What each service sends and receives. Replies belong to their request. */
function operations(): Json {
  const all: Record<string, Json> = {};
  for (const [name, message] of messages)
    for (const address of isReply(message) ? [] : addressesOf(message)) {
      const add = (service: string, action: 'send' | 'receive') => {
        const channel = channelOf(address);
        all[`${service}_${action}s_${name.replaceAll('-', '_')}_on_${channel}`] = {
          action,
          channel: ref(`channels/${channel}`),
          title: `${service} ${action}s: ${message.title}`,
          tags: [{ name: service }],
          messages: [ref(`channels/${channel}/messages/${name}`)],
          ...replyOf(name, address),
        };
      };
      for (const writer of message.writers) add(writer, 'send');
      for (const reader of message.readers) if (isService(reader)) add(reader, 'receive');
    }
  return all;
}

const isService = (reader: string): reader is Service => reader !== 'clients' && reader !== 'operators';

function replyOf(name: MessageName, address: string): Json {
  const reply = name.replace(/-request$/, '-reply');
  if (reply === name) return {};
  const channel = replies(address);
  const message = ref(`channels/${channel}/messages/${reply}`);
  return { reply: { channel: ref(`channels/${channel}`), messages: [message] } };
}

function messageOf(name: MessageName, message: Message, schemas: Schemas): Json {
  const { writes, reads } = VERSIONS[name];
  const isText = ['identity', 'flush', 'slice', 'commit'].includes(name);
  return {
    name,
    title: message.title,
    description: `Version: ${message.version}.\nOf an unknown version: ${message.unknown}.`,
    contentType: name.startsWith('dead-letter')
      ? 'application/octet-stream'
      : isText
        ? 'text/plain'
        : 'application/json',
    ...(message.headers !== undefined && { headers: schemas.of(message.headers) }),
    payload: schemas.of(message.schema),
    ...(isOnTopic(message) && {
      bindings: { kafka: { key: { type: ['string', 'null'], description: message.on.key } } },
    }),
    'x-tenon-version': { writes, reads },
  };
}

export function asyncApi(): Json {
  const schemas = new Schemas();
  const listed = messages
    .filter(([, message]) => addressesOf(message).length > 0)
    .map(([name, message]) => [name, messageOf(name, message, schemas)]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tenon: topics and subjects between its services',
      version: `${WIRE_VERSION}.0.0`,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'The log: facts',
        variables: { brokers: { default: '127.0.0.1:9092', description: '`TENON_KAFKA_BROKERS`' } },
      },
      nats: {
        host: '{server}',
        protocol: 'nats',
        description: 'The bus: hints and requests, never the only home of a fact',
        variables: { server: { default: '127.0.0.1:4222', description: '`TENON_NATS_URL`' } },
      },
    },
    channels: channels(),
    operations: operations(),
    components: { messages: Object.fromEntries(listed) as Json, schemas: schemas.shared },
  };
}

const DESCRIPTION = `Edition ${WIRE_VERSION} of the wire. Made of libs/contracts/src/schemas by \`npm run docs:wire\`: do not edit.
The rules of versions are in wire.md; what clients use is HTTP, in http.md. Topics are written by Tenon alone. Fields that a schema
does not name may be there, and are overlooked.`;

export const asyncApiText = () => stringify(asyncApi(), { lineWidth: 0, aliasDuplicateObjects: false });
