/** The table of bad input (docs/http.md): what is sent to ingestion over real HTTP, and what must come back. */
import { createFileEventLog, createIds, createMemoryBus, systemClock } from '@tenon/adapters-embedded';
import type { SourceDefinition } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import type { EventLog, NewRecord } from '@tenon/ports';
import type { HttpServer } from '@tenon/runtime';
import { createHttpServer, createLogger } from '@tenon/runtime';
import { createIngestion } from '@tenon/service-ingestion';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const SOURCE: SourceDefinition = {
  name: 'orders',
  key: ['customer'],
  time: 'at',
  partitions: 4,
  dedupe: { window: 1000 },
  schema: {
    type: 'object',
    required: ['customer', 'count'],
    additionalProperties: false,
    properties: {
      customer: { type: 'string' },
      count: { type: 'integer' },
      price: { type: 'number', multipleOf: 0.01 },
      at: { type: 'string', format: 'date-time' },
      kind: { enum: ['a', 'b'] },
      free: {},
    },
  },
};

const directory = mkdtempSync(join(tmpdir(), 'tenon-bad-input-'));
let log: EventLog & { down: boolean };
let server: HttpServer;

beforeAll(async () => {
  const files = createFileEventLog({ directory, clock: systemClock });
  log = Object.assign(Object.create(files) as EventLog, {
    down: false,
    append: async (topic: string, records: readonly NewRecord[]) => {
      if (log.down) throw new Unavailable('The log is down.');
      return files.append(topic, records);
    },
  });
  const ids = createIds();
  const logger = createLogger({ level: 'silent', name: 'test' });
  const service = await createIngestion({
    log,
    bus: createMemoryBus(),
    clock: systemClock,
    ids,
    logger,
    sources: [SOURCE],
    products: [],
    config: { cutEveryMs: null, maxBodyBytes: 100_000, maxEventBytes: 70_000, maxArrayItems: 100 },
  });
  const limits = { bodyTimeoutMs: 200, headersTimeoutMs: 200 };
  server = await createHttpServer({
    routes: service.routes,
    host: '127.0.0.1',
    port: 0,
    logger,
    ids,
    limits,
    browsers: { hosts: ['x'] },
  });
});

afterAll(async () => {
  await server.close();
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

const EVENTS = '/v1/sources/orders/events';
const JSON_TYPE = 'application/json';
const event = (fields: object = {}) => ({ customer: 'ann', count: 1, ...fields });
const ce = (fields: object = {}) => ({
  specversion: '1.0',
  id: 'x',
  source: '/s',
  type: 't',
  data: event(),
  ...fields,
});

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | null;
}

async function send(
  sent: Sent,
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const {
    path = EVENTS,
    method = 'POST',
    type = JSON_TYPE,
    headers = {},
    body = JSON.stringify(event()),
  } = sent;
  const answer = await fetch(server.url + path, {
    method,
    headers: { ...(type !== null && { 'content-type': type }), ...headers },
    // A Blob's type would become a Content-Type, and a string is given one.
    body: typeof body === 'string' ? Buffer.from(body) : body,
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const withFree = (json: string) => `{"customer":"ann","count":1,"free":${json}}`;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** What is wrong | what is sent | status | code | pointers among `errors` */
const ROWS: [string, Sent, number, string, string[]?][] = [
  ['malformed JSON', { body: '{"customer":' }, 400, 'malformed-json'],
  ['NaN', { body: 'NaN' }, 400, 'malformed-json'],
  ['NaN as a value', { body: '{"customer":"ann","count":NaN}' }, 400, 'malformed-json'],
  ['a scalar', { body: '5' }, 400, 'not-an-object'],
  ['a text', { body: '"event"' }, 400, 'not-an-object'],
  ['null', { body: 'null' }, 400, 'not-an-object'],
  ['an empty body', { body: '' }, 400, 'empty-body'],
  ['blanks', { body: ' \n ' }, 400, 'empty-body'],
  ['two values', { body: '{}{}' }, 400, 'malformed-json'],
  ['bytes that are no UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]) }, 400, 'malformed-utf8'],
  ['an overlong UTF-8 form', { body: Buffer.from([0x22, 0xc0, 0xaf, 0x22]) }, 400, 'malformed-utf8'],
  ['a wrong type', { body: JSON.stringify(event({ count: 'x' })) }, 422, 'schema-violation', ['/count']],
  [
    'all that is wrong at once',
    { body: '{"count":1.5,"kind":"c","new":1}' },
    422,
    'schema-violation',
    ['/customer', '/count', '/kind', '/new'],
  ],
  [
    'an unknown field',
    { body: JSON.stringify(event({ 'a/b~c': 1 })) },
    422,
    'schema-violation',
    ['/a~1b~0c'],
  ],
  [
    'a price of half a cent',
    { body: JSON.stringify(event({ price: 0.005 })) },
    422,
    'schema-violation',
    ['/price'],
  ],
  [
    'a price of too many digits',
    { body: '{"customer":"a","count":1,"price":123456789012345678.91}' },
    422,
    'schema-violation',
    ['/price'],
  ],
  [
    'an impossible date',
    { body: JSON.stringify(event({ at: '2023-02-30T00:00:00Z' })) },
    422,
    'schema-violation',
    ['/at'],
  ],
  [
    'an integer of more than 64 bits',
    { body: '{"customer":"ann","count":9223372036854775808}' },
    422,
    'schema-violation',
    ['/count'],
  ],
  [
    'an integer over 2^53 with an exponent',
    { body: '{"customer":"ann","count":1e17}' },
    422,
    'schema-violation',
    ['/count'],
  ],
  [
    '__proto__',
    { body: '{"customer":"ann","count":1,"__proto__":{"x":1}}' },
    422,
    'forbidden-key',
    ['/__proto__'],
  ],
  [
    '__proto__ in escapes',
    { body: withFree('{"\\u005f_proto__":1}') },
    422,
    'forbidden-key',
    ['/free/__proto__'],
  ],
  [
    'constructor, deep within',
    { body: withFree('[{"constructor":1}]') },
    422,
    'forbidden-key',
    ['/free/0/constructor'],
  ],
  ['depth over 32', { body: withFree(nested(32)) }, 422, 'too-deep'],
  ['depth that no stack holds', { body: withFree(nested(30_000)) }, 422, 'too-deep'],
  ['1e999', { body: withFree('1e999') }, 422, 'number-too-large', ['/free']],
  ['-1e999 in an array', { body: withFree('[1,-1e999]') }, 422, 'number-too-large', ['/free/1']],
  ['a lone surrogate', { body: withFree('"\\ud800"') }, 422, 'lone-surrogate', ['/free']],
  ['a lone surrogate in a key', { body: withFree('{"\\udc00":1}') }, 422, 'bad-key'],
  ['NUL in a key', { body: withFree('{"a\\u0000":1}') }, 422, 'bad-key'],
  [
    'time far in the future',
    { body: JSON.stringify(event({ at: inDays(30) })) },
    422,
    'time-in-future',
    ['/at'],
  ],
  ['no Content-Type', { type: null }, 415, 'missing-content-type'],
  ['another Content-Type', { type: 'text/plain' }, 415, 'unsupported-content-type'],
  [
    'CloudEvents in another format',
    { type: 'application/cloudevents+avro' },
    415,
    'unsupported-content-type',
  ],
  ['another charset', { type: `${JSON_TYPE}; charset=latin1` }, 415, 'unsupported-charset'],
  [
    'an unknown Content-Encoding',
    { headers: { 'content-encoding': 'zstd' } },
    415,
    'unsupported-content-encoding',
  ],
  ['corrupt gzip', { headers: { 'content-encoding': 'gzip' } }, 400, 'bad-encoding'],
  [
    'a gzip bomb',
    { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(50_000_000, 0x20)) },
    413,
    'too-large',
  ],
  ['a body over the limit', { body: ' '.repeat(100_001) }, 413, 'too-large'],
  ['an event over the limit', { body: withFree(JSON.stringify('x'.repeat(80_000))) }, 413, 'event-too-large'],
  [
    'a batch over the limit',
    { body: JSON.stringify(Array.from({ length: 101 }, () => event())) },
    413,
    'too-many-items',
  ],
  [
    'one id with two contents at once',
    {
      type: 'application/cloudevents-batch+json',
      body: JSON.stringify([ce(), ce({ data: event({ count: 2 }) })]),
    },
    422,
    'id-conflict',
  ],
  [
    'a CloudEvent without id',
    { type: 'application/cloudevents+json', body: JSON.stringify(ce({ id: undefined })) },
    422,
    'bad-cloudevent',
    ['/id'],
  ],
  [
    'a CloudEvent with bad data',
    { type: 'application/cloudevents+json', body: JSON.stringify(ce({ data: {} })) },
    422,
    'schema-violation',
    ['/data/customer', '/data/count'],
  ],
  [
    'a bad ce- header',
    { headers: { 'ce-specversion': '1.0', 'ce-id': '%ZZ', 'ce-source': '/', 'ce-type': 't' } },
    400,
    'bad-cloudevent',
  ],
  [
    'ce-datacontenttype',
    {
      headers: {
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-source': '/',
        'ce-type': 't',
        'ce-datacontenttype': JSON_TYPE,
      },
    },
    400,
    'bad-cloudevent',
  ],
  ['an unknown source', { path: '/v1/sources/nothing/events' }, 404, 'unknown-source'],
  ['a source of Object.prototype', { path: '/v1/sources/__proto__/events' }, 404, 'unknown-source'],
  ['an unknown path', { path: '/v1/nothing' }, 404, 'not-found'],
  ['a wrong method', { method: 'DELETE' }, 405, 'method-not-allowed'],
  ['a wrong method elsewhere', { path: '/v1/cuts', method: 'PUT' }, 405, 'method-not-allowed'],
  ['a bracketed parameter', { path: `${EVENTS}?items[$ne]=all` }, 400, 'bad-parameter'],
  ['a repeated parameter', { path: `${EVENTS}?items=all&items=all` }, 400, 'repeated-parameter'],
  ['an unknown parameter', { path: `${EVENTS}?item=all` }, 400, 'unknown-parameter'],
  ['a bad value of a parameter', { path: `${EVENTS}?items=some` }, 400, 'bad-parameter'],
  ['a bad percent-encoding', { path: '/%E0%A4%A' }, 400, 'bad-encoding'],
  ['a bad percent-encoding on the hot path', { path: '/v1/sources/%E0%A4%A/events' }, 400, 'bad-encoding'],
  ['a bad correlation ID', { headers: { 'x-correlation-id': 'x'.repeat(129) } }, 400, 'bad-correlation-id'],
  ['a bad timeout', { path: '/v1/cuts?wait=true&timeout=1e9', body: null }, 400, 'bad-parameter'],
];

const written = async () =>
  Object.values(await log.endOffsets('tenon.events.orders')).reduce((sum, next) => sum + next, 0);

it.each(ROWS)('%s is refused', async (_what, sent, status, code, pointers = []) => {
  const before = await written();
  const { body, headers, ...answer } = await send(sent);
  expect({ status: answer.status, code: body['code'] }).toEqual({ status, code });
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toMatchObject({
    status,
    type: `urn:tenon:problem:${code}`,
    title: expect.any(String),
    detail: expect.any(String),
  });
  expect(headers.get('x-correlation-id')).toBe(body['correlationId']);
  const errors = (body['errors'] ?? []) as { pointer: string }[];
  expect(errors.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(pointers));
  if (status === 405) expect(headers.get('allow')).toBe('POST');
  expect(await written()).toBe(before);
});

/** What is unusual, but no reason to refuse it. */
const TAKEN: [string, Sent, number, number][] = [
  ['an empty batch', { body: '[]' }, 0, 0],
  ['an empty CloudEvents batch', { type: 'application/cloudevents-batch+json', body: '[]' }, 0, 0],
  ['a partial failure', { body: JSON.stringify([event(), 5, event({ count: 'x' })]) }, 1, 2],
  ['a batch of nothing good', { body: '[null]' }, 0, 1],
  ['a very late event', { body: JSON.stringify(event({ at: '1970-01-01T00:00:00Z' })) }, 1, 0],
  [
    'the same event twice',
    { type: 'application/cloudevents-batch+json', body: JSON.stringify([ce(), ce()]) },
    2,
    0,
  ],
  ['depth 32', { body: withFree(nested(31)) }, 1, 0],
  ['2^53 - 1', { body: '{"customer":"ann","count":9007199254740991}' }, 1, 0],
  ['2^53 + 1', { body: '{"customer":"ann","count":9007199254740993}' }, 1, 0],
  ['7 cents', { body: JSON.stringify(event({ price: 0.07 })) }, 1, 0],
  ['UTF-8, said in capitals and quotes', { type: `${JSON_TYPE}; charset="UTF-8"` }, 1, 0],
  ['a byte order mark', { body: `\ufeff${JSON.stringify(event())}` }, 1, 0],
  ['the replacement character', { body: withFree('"\ufffd"') }, 1, 0],
  ['a pair of surrogates in escapes', { body: withFree('"\\ud83d\\ude00"') }, 1, 0],
  ['a bad traceparent', { headers: { traceparent: '00-bad' } }, 1, 0],
  ['64 KiB', { body: withFree(JSON.stringify('x'.repeat(65_536))) }, 1, 0],
  ['gzip', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify(event())) }, 1, 0],
  [
    'NDJSON with a bad line',
    { type: 'application/x-ndjson', body: `${JSON.stringify(event())}\nNaN\n\n${JSON.stringify(ce())}` },
    2,
    1,
  ],
];

it.each(TAKEN)('%s is taken', async (_what, sent, accepted, rejected) => {
  const before = await written();
  const { status, body } = await send(sent);
  expect({ status, accepted: body['accepted'], rejected: body['rejected'] }).toEqual({
    status: 202,
    accepted,
    rejected,
  });
  expect(body['receipt']).toEqual(expect.any(String));
  expect(await written()).toBe(before + accepted);
});

it.each([
  ['one event', { body: JSON.stringify(event()) }],
  ['a batch', { body: JSON.stringify([event()]) }],
  ['a stream', { type: 'application/x-ndjson', body: `${JSON.stringify(event())}\n` }],
  ['a cut', { path: '/v1/cuts', body: null }],
])('%s is 503 with Retry-After, and no receipt, when the log is down', async (_what, sent) => {
  log.down = true;
  const { status, headers, body } = await send(sent).finally(() => (log.down = false));
  expect({ status, retry: headers.get('retry-after'), code: body['code'] }).toEqual({
    status: 503,
    retry: '1',
    code: 'unavailable',
  });
  expect(body['accepted'] ?? 0).toBe(0);
});

/** What `fetch` would not send. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = createConnection(server.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

it.each([
  ['headers over 16 KiB', `POST ${EVENTS} HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  ['headers that are slow', `POST ${EVENTS} HTTP/1.1\r\nhost:`, 408],
  [
    'a body that is slow',
    `POST ${EVENTS} HTTP/1.1\r\nhost: x\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: 10\r\n\r\n{`,
    408,
  ],
])('%s: a problem document, and the end of the connection', async (_what, text, status) => {
  const answer = await raw(text);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain('application/problem+json');
});
