/**
 * Every route of the HTTP interface: what it takes, what it answers, and which problems. /openapi.json is made of this; a spec
 * (tools/docs/http.spec.ts) fails where a route of a service is missing here, or has other parameters.
 *
 * A new route: one entry, under its method and path as the service declares them.
 */
import { z } from 'zod';
import * as answers from './answers';
import type { Parameter, Parameters } from './parameters';
import * as parameters from './parameters';

/** A media type → what is in it; null: any text. */
export type Content = Readonly<Record<string, z.ZodType | null>>;

export interface Answer {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: readonly string[];
}

export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'events' | 'products' | 'dead letters' | 'operation' | 'health';
  /** Of the path. */
  readonly path?: Parameters;
  /** Query parameters. */
  readonly query?: Parameters;
  /** Of the request, besides those that all have. */
  readonly headers?: Readonly<Record<string, Parameter>>;
  readonly body?: Content;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Code → the statuses that it is answered with, besides those that any request may have. */
  readonly problems?: Readonly<Record<string, readonly number[]>>;
}

const json = (schema: z.ZodType): Content => ({ 'application/json': schema });

const ok = (description: string, schema: z.ZodType): Operation['answers'] => ({
  200: { description, content: json(schema) },
});

const BAD: Operation['problems'] = { 'bad-parameter': [400] };
const NO_SOURCE: Operation['problems'] = { 'unknown-source': [404] };
const NO_PRODUCT: Operation['problems'] = {
  'unknown-product': [404],
  'unknown-version': [404],
  'layer-elsewhere': [421],
};

/** Of steps in the life of a product's versions. */
const STEP: Operation['problems'] = {
  ...NO_PRODUCT,
  'version-overtaken': [409],
  'versions-unanswered': [503],
};

const versionStep = (
  step: Pick<Operation, 'summary' | 'description' | 'query' | 'body'>,
  problems: Operation['problems'],
  status: 200 | 202 = 200,
): Operation => ({
  ...step,
  tag: 'operation',
  path: name('A product of the catalog'),
  answers: { [status]: { description: 'What became of it', content: json(answers.step) } },
  problems: { ...STEP, ...problems },
});

const BODY: Operation['problems'] = {
  aborted: [400],
  'too-large': [413],
  'unsupported-content-encoding': [415],
};

/** Of an event: what a call with that event alone is answered. */
const EVENT: Operation['problems'] = {
  'empty-body': [400, 422],
  'malformed-json': [400, 422],
  'malformed-utf8': [400, 422],
  'not-an-object': [400, 422],
  'not-an-array': [400],
  'bad-cloudevent': [400, 422],
  'bad-idempotency-key': [400],
  'event-too-large': [413],
  'too-many-items': [413],
  'record-too-large': [413],
  'missing-content-type': [415],
  'unsupported-content-type': [415],
  'unsupported-charset': [415],
  'key-too-long': [422],
  'schema-violation': [422],
  'forbidden-key': [422],
  'bad-key': [422],
  'lone-surrogate': [422],
  'number-too-large': [422],
  'too-deep': [422],
  'bad-time': [422],
  'time-in-future': [422],
  'id-missing': [422],
  'id-conflict': [422],
};

const name = (of: string): Parameters => ({ name: { schema: z.string(), description: of, required: true } });
const source: Parameters = {
  source: { schema: z.string(), description: 'A source of the catalog', required: true },
};

const anyEvent = z.looseObject({}).describe('Data, as the source’s schema has it');

/** Each is judged by itself, so that whatever else stands there is an item of the answer. */
const several = (event: z.ZodType) => z.array(z.union([event, z.unknown()]));

const KEYS =
  'Further parameters are the product’s key columns, e.g. `origin=LAS`, or `null.origin=true` for NULL; the path of each product has them by name.';

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /v1/sources/:source/events': {
    summary: 'Send events',
    description:
      'One event that is refused is a problem; in an array or stream the call is a 202, and `items` says which were refused. The paths of the sources have their schemas.',
    tag: 'events',
    path: source,
    query: parameters.EVENTS,
    headers: { 'Idempotency-Key': parameters.IDEMPOTENCY_KEY },
    body: {
      'application/json': z.union([anyEvent, several(anyEvent)]),
      'application/cloudevents+json': answers.cloudEvent,
      'application/cloudevents-batch+json': several(answers.cloudEvent),
      'application/x-ndjson': null,
    },
    answers: {
      202: { description: 'What is accepted is in the log, durably', content: json(answers.ingestAnswer) },
    },
    problems: { ...BAD, ...NO_SOURCE, ...BODY, ...EVENT },
  },
  'GET /v1/sources': {
    summary: 'Every source with its schema',
    tag: 'events',
    answers: ok('All sources', answers.sources),
  },
  'GET /v1/sources/:source': {
    summary: 'A source with its schema',
    tag: 'events',
    path: source,
    answers: ok('The source', answers.source),
    problems: NO_SOURCE,
  },
  'GET /v1/dead-letters': {
    summary: 'Events that were refused',
    tag: 'dead letters',
    query: parameters.LETTERS,
    answers: ok('The oldest first', answers.letters),
    problems: { ...BAD, ...NO_SOURCE },
  },
  'GET /v1/dead-letters/:source/:offset': {
    summary: 'One of them',
    tag: 'dead letters',
    path: {
      ...source,
      offset: {
        schema: z.number().int().min(0),
        description: 'Its place among the source’s',
        required: true,
      },
    },
    answers: ok('The letter', answers.letter),
    problems: { ...NO_SOURCE, 'unknown-letter': [404] },
  },
  'POST /v1/dead-letters/replay': {
    summary: 'Send them again',
    tag: 'dead letters',
    query: parameters.SETTLING,
    answers: ok('What became of up to 10,000', answers.replayed),
    problems: { ...BAD, ...NO_SOURCE },
  },
  'POST /v1/dead-letters/drop': {
    summary: 'Take them off the list',
    description: 'Needs one of product, code, from, to, offsets.',
    tag: 'dead letters',
    query: parameters.SETTLING,
    answers: ok('How many', answers.dropped),
    problems: { ...BAD, ...NO_SOURCE },
  },
  'POST /v1/cuts': {
    summary: 'Make a cut',
    tag: 'operation',
    query: parameters.CUTS,
    answers: { 202: { description: 'The cut', content: json(answers.cut) } },
    problems: {
      ...BAD,
      'cut-unanswered': [503],
      'cut-refused': [503],
      'cut-timeout': [504],
    },
  },
  'GET /v1/products': {
    summary: 'Every product and how far it is',
    tag: 'products',
    answers: ok('All products', answers.products),
  },
  'GET /v1/products/:name': {
    summary: 'A product, with its SQL',
    tag: 'products',
    path: name('A product of the catalog'),
    query: parameters.OF_VERSION,
    answers: ok('The product', answers.product),
    problems: { ...BAD, ...NO_PRODUCT },
  },
  'GET /v1/products/:name/rows': {
    summary: 'Rows of a product',
    description: KEYS,
    tag: 'products',
    path: name('A product of the catalog'),
    query: parameters.ROWS,
    answers: {
      200: {
        description: 'One page, of one snapshot',
        content: {
          ...json(answers.rows),
          ...{ 'text/csv': null, 'application/vnd.apache.arrow.stream': null },
          'application/vnd.apache.parquet': null,
        },
        headers: ['ETag', 'Tenon-Answer', 'Tenon-Next', 'Tenon-Version'],
      },
      304: { description: 'As `If-None-Match` has it', headers: ['ETag'] },
    },
    problems: {
      ...BAD,
      ...NO_PRODUCT,
      'generation-unknown': [404],
      'not-acceptable': [406],
      'answer-gone': [410],
      'generation-gone': [410],
      'too-many-questions': [503],
      'not-yet-included': [504],
    },
  },
  'GET /v1/products/:name/generations': {
    summary: 'The generations that can be read',
    tag: 'products',
    path: name('A product of the catalog'),
    query: parameters.GENERATIONS,
    answers: ok('The served one first', answers.generations),
    problems: { ...BAD, ...NO_PRODUCT },
  },
  'GET /v1/products/:name/diff': {
    summary: 'What differs between two versions at equal offsets, or two generations of one',
    tag: 'products',
    path: name('A product of the catalog'),
    query: parameters.DIFF,
    answers: ok('The largest differences first', answers.diff),
    problems: {
      ...BAD,
      ...NO_PRODUCT,
      'generation-unknown': [404],
      'diff-apart': [409],
      'generation-gone': [410],
      'answer-gone': [410],
      'diff-keys': [422],
      'diff-sources': [422],
      'too-many-questions': [503],
    },
  },
  'GET /v1/products/:name/live': {
    summary: 'Rows as they change',
    description: `Server-sent events \`snapshot\` and \`rows\`, whose data is a LiveMessage. ${KEYS}`,
    tag: 'products',
    path: name('A product of the catalog'),
    query: parameters.LIVE,
    headers: { 'Last-Event-ID': { schema: z.string(), description: 'Goes on after that message' } },
    answers: { 200: { description: 'A stream without an end', content: { 'text/event-stream': null } } },
    problems: { ...BAD, ...NO_PRODUCT, 'too-many-streams': [429, 503] },
  },
  'GET /v1/ledger': {
    summary: 'What became of every record',
    tag: 'operation',
    answers: ok('Per product', answers.ledger),
  },
  'GET /v1/losses': {
    summary: 'Records that are gone and whose loss was accepted',
    tag: 'operation',
    answers: ok('Of all sources', answers.losses),
  },
  'POST /v1/losses': {
    summary: 'Go on behind records that are gone for good',
    tag: 'operation',
    query: parameters.LOSSES,
    answers: ok('What stands in the book, also if it was accepted before', answers.loss),
    problems: {
      ...BAD,
      ...NO_SOURCE,
      'not-lost': [409],
      'loss-counted': [409],
      'layer-elsewhere': [421],
    },
  },
  'GET /v1/catalog': {
    summary: 'The catalog that runs, as it was declared',
    tag: 'operation',
    answers: ok('Sources, products, their versions, and how much there is of each source', answers.catalog),
  },
  'GET /v1/archive/:source': {
    summary: 'The files of a source’s archive',
    tag: 'operation',
    path: source,
    answers: ok('By partition, in the order of their offsets', answers.archive),
    problems: { ...NO_SOURCE, 'no-archive': [404] },
  },
  'GET /v1/archive/:source/:partition/:file': {
    summary: 'A file of the archive, as it is',
    tag: 'operation',
    path: {
      ...source,
      partition: { schema: z.string(), description: 'The partition', required: true },
      file: { schema: z.string(), description: 'As the list has it', required: true },
    },
    answers: {
      200: { description: 'Parquet', content: { 'application/vnd.apache.parquet': null } },
    },
    problems: { ...NO_SOURCE, 'no-archive': [404], 'unknown-file': [404] },
  },
  'GET /v1/topics': {
    summary: 'The topics of an embedded log',
    tag: 'operation',
    answers: ok('With the offsets that they have', answers.topics),
    problems: { 'no-embedded-log': [404] },
  },
  'GET /v1/topics/:topic/:partition/:from/:to': {
    summary: 'Records of a topic, as they are',
    tag: 'operation',
    path: {
      topic: { schema: z.string(), description: 'Its name', required: true },
      partition: { schema: z.string(), description: 'The partition', required: true },
      from: { schema: z.string(), description: 'The first offset', required: true },
      to: { schema: z.string(), description: 'The offset behind the last', required: true },
    },
    answers: ok('Some of them, about 4 MiB, and where to read on', answers.topicRecords),
    problems: { ...BAD, 'no-embedded-log': [404], 'unknown-partition': [404] },
  },
  'GET /v1/status': {
    summary: 'Every service instance and product',
    tag: 'operation',
    answers: ok('As this instance sees it', answers.deploymentStatus),
  },
  'POST /v1/reload': {
    summary: 'Every instance reads its catalog again',
    tag: 'operation',
    answers: ok('What became of it', answers.reloaded),
  },
  'POST /v1/apply': {
    summary: 'The same; new versions wait for a promote',
    tag: 'operation',
    query: parameters.BUILD,
    answers: ok('What became of it', answers.reloaded),
    problems: BAD,
  },
  'POST /v1/products/:name/promote': versionStep(
    { summary: 'The name goes over to another version', query: parameters.PROMOTE },
    {
      ...{ ...BAD, 'nothing-built': [409], 'version-not-ready': [409] },
      ...{ 'bad-condition': [400], 'condition-not-met': [409] },
      ...{ 'diff-apart': [409], 'diff-keys': [422], 'diff-sources': [422] },
    },
  ),
  'POST /v1/products/:name/rollback': versionStep(
    { summary: 'The name goes back to the version before' },
    { 'nothing-kept': [409] },
  ),
  'POST /v1/products/:name/reprocess': versionStep(
    { summary: 'A version is built anew, of the same SQL', query: parameters.BUILD },
    { ...BAD, 'version-under-way': [409] },
    202,
  ),
  'POST /v1/products/:name/restate': versionStep(
    {
      summary: 'A version is built anew, with events left out or replaced',
      query: parameters.BUILD,
      body: json(answers.restate),
    },
    { ...BAD, ...BODY, 'bad-restatement': [400], 'version-under-way': [409] },
    202,
  ),
  'POST /v1/products/:name/switch': versionStep(
    {
      summary: 'A version with another topology is built beside, and served once it is ready',
      query: parameters.SWITCH,
    },
    { ...BAD, 'version-under-way': [409], 'version-not-ready': [409] },
    202,
  ),
  'POST /v1/products/:name/pause': versionStep(
    { summary: 'What is built stands still' },
    { 'nothing-built': [409] },
  ),
  'POST /v1/products/:name/resume': versionStep({ summary: 'And goes on' }, { 'nothing-built': [409] }),
  'POST /v1/products/:name/throttle': versionStep(
    { summary: 'What is built is folded slower, or as fast as it can', query: parameters.THROTTLE },
    { ...BAD, 'nothing-built': [409] },
  ),
  'POST /v1/products/:name/cancel': versionStep(
    { summary: 'What is built is given up' },
    { 'nothing-built': [409] },
  ),
  'POST /v1/products/:name/drop': versionStep(
    { summary: 'A version that is built or kept goes', query: parameters.DROP },
    { ...BAD, 'version-served': [409] },
  ),
  'GET /healthz': {
    summary: 'Alive?',
    tag: 'health',
    answers: {
      ...ok('Alive', answers.alive),
      503: { description: 'A service stands still although it has work', content: json(answers.alive) },
    },
  },
  'GET /readyz': {
    summary: 'Able to work?',
    tag: 'health',
    answers: {
      ...ok('Ready', answers.ready),
      503: { description: 'Not ready', content: json(answers.ready) },
    },
  },
  'GET /metrics': {
    summary: 'Figures in Prometheus’ format',
    tag: 'health',
    answers: { 200: { description: 'Metrics', content: { 'text/plain': null } } },
  },
  'GET /openapi.json': {
    summary: 'This document',
    tag: 'operation',
    answers: ok('OpenAPI 3.1', z.looseObject({ openapi: z.literal('3.1.0') })),
  },
  'POST /v1/session': {
    summary: 'A token as a cookie, for pages',
    tag: 'operation',
    body: json(answers.session),
    answers: { 204: { description: 'The cookie is set, or, with an empty token, ended' } },
    problems: { ...BODY, 'bad-request': [400], unauthenticated: [401] },
  },
};

/** What any request may be answered with. */
export const ANY_REQUEST: Readonly<Record<string, readonly number[]>> = {
  'bad-request': [400],
  'bad-encoding': [400],
  'bad-parameter': [400],
  'repeated-parameter': [400],
  'unknown-parameter': [400],
  'bad-correlation-id': [400],
  'host-not-allowed': [403],
  'origin-not-allowed': [403],
  timeout: [408],
  'expectation-failed': [417],
  'headers-too-large': [431],
  internal: [500],
  unavailable: [503],
  'shutting-down': [503],
  'unsupported-version': [503],
  'log-replaced': [503],
  'log-too-short': [503],
};

/** The same where a token is needed. */
export const WITH_TOKEN: Readonly<Record<string, readonly number[]>> = {
  unauthenticated: [401],
  'not-allowed': [403],
  'keys-unavailable': [503],
};

/** Headers that a client sends with any request. */
export const ANY_HEADERS: Readonly<Record<string, Parameter>> = {
  'X-Correlation-Id': parameters.CORRELATION,
};
