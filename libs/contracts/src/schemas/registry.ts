/**
 * Every message of the wire: what it is, where it travels, who writes and who reads it, and what a reader does with a version
 * that it does not know. docs/asyncapi.yaml and docs/wire.md are made of this; a spec fails where a topic or subject is missing.
 */
import type { ProductId } from '@tenon/domain';
import type { z } from 'zod';
import { STORE_KEYS } from '../store';
import { SUBJECTS, TOPICS } from '../names';
import type { MessageName } from '../versions';
import * as bus from './bus';
import * as log from './log';
import * as store from './store';

export type Service = 'ingestion' | 'speed' | 'batch' | 'consumption' | 'serving';

const SERVICES: readonly Service[] = ['ingestion', 'speed', 'batch', 'consumption', 'serving'];

/** Where a message travels; `{name}` stands for what differs. */
export type Channel =
  | { readonly topic: string; readonly partitions: string; readonly key: string }
  | { readonly subject: string; readonly kind: 'message' | 'request' | 'reply' }
  | { readonly table: 'meta' | 'base' | 'speed'; readonly key: string }
  | { readonly http: string };

export interface Message {
  readonly title: string;
  readonly on: Channel;
  readonly schema: z.ZodType;
  readonly headers?: z.ZodType;
  readonly writers: readonly Service[];
  readonly readers: readonly (Service | 'clients' | 'operators')[];
  /** Where its version stands. */
  readonly version: string;
  /** What a reader does with a version that it does not know. */
  readonly unknown: string;
  /** The form of the edition before where this schema does not allow it. */
  readonly before?: { readonly schema: z.ZodType; readonly headers?: z.ZodType };
}

const STOP = 'The reader stops there, with `unsupported-version`; nothing is lost, a newer release goes on';
const AGAIN = 'It is taken for "something changed", and the store is read';
const V = 'field `v`';
const V_SINCE_2 = 'field `v`; absent in edition 1';
const HEADER = 'header `tenon-v`';

const onEvents = { topic: TOPICS.events('{source}'), partitions: 'as the source says' };
const PRODUCT = '{product}@{version}';
/** A name of a topic or subject; the version is a number there. */
const named = (name: (product: ProductId) => string) => name('{product}@1').replace(/1$/, '{version}');
const onFlushes = { topic: named(TOPICS.flushes), partitions: 'one per lane of the product' };
const onRanges = { topic: named(TOPICS.ranges), partitions: 'one per lane of the product' };
const onStates = { topic: TOPICS.statesOfEdition2('{product}'), partitions: 'as the source says' };
const onCuts = { topic: TOPICS.cuts, partitions: '1' };
const onSettled = { topic: TOPICS.settledLetters('{source}'), partitions: '1' };
const onFeedPositions = { topic: TOPICS.feedPositions('{source}'), partitions: '1' };
const onDeadLetters = { topic: TOPICS.deadLetters('{source}'), partitions: '1' };

/** `progress/…/000000000000` with names for what the digits stand for. */
const keyOf = (key: string, second = '{lane}') =>
  key.replace('000000000001', '{epoch}').replace('000000000002', second);

export const MESSAGES: Readonly<Record<MessageName, Message>> = {
  event: {
    title: 'An event that was accepted',
    on: { ...onEvents, key: 'the values of the source’s key fields, joined by |; null where it has none' },
    schema: log.event,
    headers: log.eventHeaders,
    writers: ['ingestion'],
    readers: ['speed', 'batch'],
    version: `${HEADER}; the header \`tenon-identity\` vouches for version 1`,
    unknown: STOP,
  },
  barrier: {
    title: 'A control record in every partition, between two epochs',
    on: { ...onEvents, key: 'null' },
    schema: log.barrier,
    headers: log.barrierHeaders,
    writers: ['ingestion'],
    readers: ['speed', 'batch'],
    version: `${V}, and ${HEADER}`,
    unknown: `${STOP}. Control records of a kind that the reader does not know are counted as \`control\` and passed over`,
  },
  'dead-letter': {
    title: 'An event that was refused at ingestion, as it came',
    on: { ...onDeadLetters, key: 'null' },
    schema: log.bytes,
    headers: log.deadLetterHeaders,
    writers: ['ingestion'],
    readers: ['ingestion', 'operators'],
    version: HEADER,
    unknown: 'It is listed as far as its headers are known',
  },
  'dead-letter-of-speed': {
    title: 'An event of the log that could not count, with its headers and the reason',
    on: { ...onDeadLetters, key: '`<partition>/<offset>` of the event' },
    schema: log.bytes,
    headers: log.deadLetterOfSpeedHeaders,
    writers: ['speed'],
    readers: ['ingestion', 'operators'],
    version: HEADER,
    unknown: 'It is listed as far as its headers are known',
  },
  'settled-letters': {
    title: 'Dead letters that were sent again, or dropped',
    on: { ...onSettled, key: 'null' },
    schema: log.settledLetters,
    headers: log.versionHeaders,
    writers: ['ingestion'],
    readers: ['ingestion'],
    version: `${V}, and ${HEADER}`,
    unknown: 'Dead letters can’t be listed; events go on',
  },
  'feed-positions': {
    title: 'How far a source has taken the stream of somebody else',
    on: { ...onFeedPositions, key: 'null' },
    schema: log.feedPositions,
    headers: log.versionHeaders,
    writers: ['ingestion'],
    readers: ['ingestion'],
    version: `${V}, and ${HEADER}`,
    unknown: 'The stream is not read; whatever else feeds the source goes on',
  },
  flush: {
    title: 'A frame of a flush: states of an open epoch',
    on: { ...onFlushes, key: 'the lane' },
    schema: log.flush,
    headers: log.statesHeaders,
    before: { schema: log.range, headers: log.versionHeaders },
    writers: ['speed'],
    readers: ['consumption'],
    version: `${V}, and ${HEADER}`,
    unknown: `${STOP}. A record that is no message, or damaged, or of a type that the reader does not know, is counted as \`unreadable\` or \`damaged\`, logged, and passed over: speed replays what is then missing`,
  },
  slice: {
    title: 'A frame of a slice: some of the states that batch computed for a range',
    on: { ...onRanges, key: 'the range' },
    schema: log.slice,
    headers: log.statesHeaders,
    writers: ['batch'],
    readers: ['consumption'],
    version: `${V}, and ${HEADER}`,
    unknown: `${STOP}. As for a flush; batch makes a range again that is not served`,
  },
  commit: {
    title: 'The end of a range',
    on: { ...onRanges, key: 'the range' },
    schema: log.commit,
    headers: log.statesHeaders,
    writers: ['batch'],
    readers: ['consumption'],
    version: `${V}, and ${HEADER}`,
    unknown: `${STOP}. As for a flush; batch makes a range again that is not served`,
  },
  range: {
    title: 'Flushes and ranges of edition 2',
    on: { ...onStates, key: 'the partition, or the product' },
    schema: log.range,
    headers: log.versionHeaders,
    writers: [],
    readers: ['consumption'],
    version: `${V}, and ${HEADER}`,
    unknown: STOP,
  },
  cut: {
    title: 'The history of cuts',
    on: { ...onCuts, key: 'null' },
    schema: log.cut,
    headers: log.versionHeaders,
    writers: ['ingestion'],
    readers: ['ingestion'],
    version: `${V}, and ${HEADER}`,
    unknown: `${STOP}: no cut is made, since its number could be taken; events go on where the service runs already`,
  },
  identity: {
    title: 'The name of the log, in its first record',
    on: { topic: TOPICS.identity, partitions: '1', key: 'null' },
    schema: log.identity,
    headers: log.versionHeaders,
    writers: ['ingestion'],
    readers: ['ingestion'],
    version: `${HEADER}; absent in edition 1`,
    unknown: 'The log has no name for this reader: `GET /v1/sources` fails',
  },
  'cut-hint': {
    title: 'A cut’s barriers are written',
    on: { subject: SUBJECTS.cut, kind: 'message' },
    schema: log.cut,
    writers: ['ingestion'],
    readers: ['operators'],
    version: V,
    unknown: 'No service reads it',
  },
  'cut-request': {
    title: 'Make a cut; on `tenon.run` one before which batch computes everything anew',
    on: { subject: `${SUBJECTS.askCut}, ${SUBJECTS.run}`, kind: 'request' },
    schema: bus.cutRequest,
    writers: SERVICES.filter((one) => one !== 'ingestion'),
    readers: ['ingestion'],
    version: V,
    unknown: 'It is done all the same: there is nothing else that it could mean',
  },
  'cut-reply': {
    title: 'The cut that was made, or why none was',
    on: { subject: `${SUBJECTS.askCut}, ${SUBJECTS.run}`, kind: 'reply' },
    schema: bus.cutReply,
    writers: ['ingestion'],
    readers: SERVICES.filter((one) => one !== 'ingestion'),
    version: V,
    unknown: 'Without epoch and offsets it counts as no answer',
  },
  'live-hint': {
    title: 'Cells of a product changed in the store',
    on: { subject: named(SUBJECTS.live), kind: 'message' },
    schema: bus.liveHint,
    before: { schema: bus.liveHintBefore },
    writers: ['consumption'],
    readers: ['serving'],
    version: V_SINCE_2,
    unknown: AGAIN,
  },
  'generation-hint': {
    title: 'A product’s pointer moved',
    on: { subject: named(SUBJECTS.generation), kind: 'message' },
    schema: bus.generationHint,
    writers: ['consumption'],
    readers: ['batch', 'ingestion'],
    version: V_SINCE_2,
    unknown: AGAIN,
  },
  'replay-hint': {
    title: 'A flush went missing: replay a lane from its cut',
    on: { subject: named(SUBJECTS.replay), kind: 'message' },
    schema: bus.replayHint,
    before: { schema: bus.replayHintOfEdition2 },
    writers: ['consumption'],
    readers: ['speed'],
    version: V_SINCE_2,
    unknown: 'It is passed over; consumption asks again, and answers say `incomplete` meanwhile',
  },
  'replay-hint-of-edition-2': {
    title: 'The same to speed of edition 2, where that has run',
    on: { subject: SUBJECTS.replayOfEdition2('{product}'), kind: 'message' },
    schema: bus.replayHintOfEdition2,
    writers: ['consumption'],
    readers: ['speed'],
    version: V,
    unknown: 'No service of this edition reads it',
  },
  'generations-request': {
    title: 'Which generation does each product serve?',
    on: { subject: SUBJECTS.generations, kind: 'request' },
    schema: bus.generationsRequest,
    before: { schema: bus.generationsRequestBefore },
    writers: ['ingestion'],
    readers: ['consumption'],
    version: V_SINCE_2,
    unknown: 'It is answered in the newest form that the responder has',
  },
  'generations-reply': {
    title: 'The generations that are served',
    on: { subject: SUBJECTS.generations, kind: 'reply' },
    schema: bus.generationsReply,
    before: { schema: bus.generationsReplyOfEdition2 },
    writers: ['consumption'],
    readers: ['ingestion'],
    version: 'field `v`; a request of edition 1 or 2 is answered in its own form',
    unknown: 'It counts as no answer: `POST /v1/cuts?wait=true` waits, up to its time',
  },
  'status-request': {
    title: 'How are you, and what do you hold?',
    on: { subject: SUBJECTS.status, kind: 'request' },
    schema: bus.statusRequest,
    writers: SERVICES,
    readers: SERVICES,
    version: V_SINCE_2,
    unknown: 'It is answered all the same',
  },
  'status-reply': {
    title: 'One service of one instance',
    on: { subject: SUBJECTS.status, kind: 'reply' },
    schema: bus.statusReply,
    writers: SERVICES,
    readers: SERVICES,
    version: 'none: facts for people, of which `name` and `instance` are read',
    unknown: 'It is shown as it is',
  },
  'reload-request': {
    title: 'Read the catalog again',
    on: { subject: SUBJECTS.reload, kind: 'request' },
    schema: bus.reloadRequest,
    writers: SERVICES,
    readers: SERVICES,
    version: V_SINCE_2,
    unknown: 'It is done all the same: there is nothing else that it could mean',
  },
  'reload-reply': {
    title: 'What became of it, at one instance',
    on: { subject: SUBJECTS.reload, kind: 'reply' },
    schema: bus.reloadReply,
    writers: SERVICES,
    readers: SERVICES,
    version: 'none: facts for people, of which `instance` and `outcome` are read',
    unknown: 'It is shown as it is',
  },
  'versions-request': {
    title: 'Something has changed among the versions of a product',
    on: { subject: SUBJECTS.versions, kind: 'request' },
    schema: bus.versionsRequest,
    writers: SERVICES,
    readers: SERVICES,
    version: V,
    unknown: 'The store is read all the same: there is nothing else that it could mean',
  },
  'versions-reply': {
    title: 'What one serving answers with',
    on: { subject: SUBJECTS.versions, kind: 'reply' },
    schema: bus.versionsReply,
    writers: ['serving'],
    readers: SERVICES,
    version: V,
    unknown: 'It counts as no answer: a promote is answered a second later',
  },
  'step-request': {
    title: 'Take a step in the life of a product’s versions',
    on: { subject: SUBJECTS.askVersions, kind: 'request' },
    schema: bus.stepRequest,
    writers: ['ingestion'],
    readers: SERVICES.filter((one) => one !== 'ingestion'),
    version: V,
    unknown: 'It is refused with `bad-request`',
  },
  'step-reply': {
    title: 'What became of it',
    on: { subject: SUBJECTS.askVersions, kind: 'reply' },
    schema: bus.stepReply,
    writers: SERVICES.filter((one) => one !== 'ingestion'),
    readers: ['ingestion'],
    version: V,
    unknown: 'It is passed on as it is',
  },
  'alive-hint': {
    title: 'An instance is there, or goes',
    on: { subject: SUBJECTS.alive, kind: 'message' },
    schema: bus.alive,
    writers: SERVICES,
    readers: SERVICES,
    version: V,
    unknown: 'It is passed over unless it names an instance',
  },
  plan: {
    title: 'What a product’s version means',
    on: { table: 'meta', key: STORE_KEYS.plan(PRODUCT) },
    schema: store.plan,
    writers: SERVICES.filter((one) => one !== 'ingestion'),
    readers: SERVICES.filter((one) => one !== 'ingestion'),
    version: 'field `plan.v`',
    unknown: 'Only its hash is read: plans are made anew at each start',
  },
  source: {
    title: 'A source in use',
    on: { table: 'meta', key: STORE_KEYS.source('{source}') },
    schema: store.source,
    writers: SERVICES.filter((one) => one !== 'ingestion'),
    readers: SERVICES.filter((one) => one !== 'ingestion'),
    version: V,
    unknown: `${STOP}: it does not start`,
  },
  topic: {
    title: 'Which topic events lie in',
    on: { table: 'meta', key: STORE_KEYS.topic(TOPICS.events('{source}')) },
    schema: store.topic,
    writers: SERVICES,
    readers: SERVICES,
    version: V,
    unknown: `${STOP}: it does not start`,
  },
  losses: {
    title: 'Accepted losses of a source',
    on: { table: 'meta', key: STORE_KEYS.losses('{source}') },
    schema: store.losses,
    writers: ['serving'],
    readers: ['speed', 'batch', 'serving'],
    version: V,
    unknown: STOP,
  },
  pointer: {
    title: 'Which base view is served',
    on: { table: 'meta', key: STORE_KEYS.pointer(PRODUCT) },
    schema: store.pointer,
    before: { schema: store.pointerBefore },
    writers: ['consumption'],
    readers: ['consumption', 'serving', 'speed', 'batch'],
    version: V_SINCE_2,
    unknown: `${STOP}; serving answers 503`,
  },
  served: {
    title: 'Which version a name serves',
    on: { table: 'meta', key: STORE_KEYS.served('{product}') },
    schema: store.served,
    writers: SERVICES.filter((one) => one !== 'ingestion'),
    readers: ['serving'],
    version: V,
    unknown: STOP,
  },
  kept: {
    title: 'A generation that can still be read',
    on: {
      table: 'meta',
      key: STORE_KEYS.kept(PRODUCT, 1, 2)
        .replace('000000000001', '{line}')
        .replace('000000000002', '{generation}'),
    },
    schema: store.kept,
    writers: ['consumption'],
    readers: ['consumption', 'serving'],
    version: V,
    unknown: `${STOP}; serving answers 503`,
  },
  'range-account': {
    title: 'What has landed of a range',
    on: { table: 'meta', key: STORE_KEYS.range(PRODUCT, '{range}') },
    schema: store.rangeAccount,
    writers: ['consumption'],
    readers: ['consumption'],
    version: V,
    unknown: STOP,
  },
  progress: {
    title: 'How far an epoch of a lane has landed',
    on: { table: 'meta', key: keyOf(STORE_KEYS.progress(PRODUCT, 1, 2)) },
    schema: store.progress,
    writers: ['consumption'],
    readers: ['consumption', 'serving'],
    version: V_SINCE_2,
    unknown: `${STOP}; serving answers 503`,
  },
  stretches: {
    title: 'Closed epochs that were folded together',
    on: { table: 'meta', key: STORE_KEYS.stretches(PRODUCT) },
    schema: store.stretches,
    writers: ['consumption'],
    readers: ['consumption', 'serving'],
    version: V,
    unknown: `${STOP}; serving answers 503`,
  },
  troubles: {
    title: 'What is wrong with a product',
    on: { table: 'meta', key: STORE_KEYS.troubles(PRODUCT) },
    schema: store.troubles,
    writers: SERVICES.filter((one) => one !== 'ingestion'),
    readers: SERVICES.filter((one) => one !== 'ingestion'),
    version: V,
    unknown: `${STOP}; serving answers 503`,
  },
  'speed-cell': {
    title: 'A cell of an epoch and lane',
    on: { table: 'speed', key: `${keyOf(STORE_KEYS.speed(PRODUCT, 1, 2))}{cell}` },
    schema: store.speedCell,
    writers: ['consumption'],
    readers: ['consumption', 'serving'],
    version: 'that of the epoch’s `progress`, which is read first',
    unknown: STOP,
  },
  'base-cell': {
    title: 'A cell of the base view',
    on: { table: 'base', key: `${STORE_KEYS.base(PRODUCT, 1).replace('000000000001', '{line}')}{cell}` },
    schema: store.baseCell,
    writers: ['consumption'],
    readers: ['consumption', 'serving'],
    version: 'that of the `pointer`, which is read first',
    unknown: STOP,
  },
  consumed: {
    title: 'How far a topic of states has been read',
    on: { table: 'meta', key: keyOf(STORE_KEYS.consumed('{topic}', 2), '{partition}') },
    schema: store.consumed,
    writers: ['consumption'],
    readers: ['consumption'],
    version: 'none: a number. Another form gets another key',
    unknown: 'It is not found, and the topic is read from its beginning',
  },
  lease: {
    title: 'Which instance does a piece of work',
    on: { table: 'meta', key: STORE_KEYS.lease('{work}') },
    schema: store.lease,
    writers: ['batch'],
    readers: ['batch'],
    version: 'none. Another form gets another key; both may then do the work, which does no harm',
    unknown: 'It is not found',
  },
  'archive-head': {
    title: 'How far a partition is archived',
    on: { table: 'meta', key: STORE_KEYS.archiveHead('{source}', 2).replace('000000000002', '{partition}') },
    schema: store.archiveHead,
    writers: ['batch'],
    readers: ['batch'],
    version: V,
    unknown: STOP,
  },
  'archive-part': {
    title: 'Some of the files of a partition’s archive',
    on: {
      table: 'meta',
      key: STORE_KEYS.archivePart('{source}', 2, 1)
        .replace('000000000002', '{partition}')
        .replace('000000000001', '{from}'),
    },
    schema: store.archivePart,
    writers: ['batch'],
    readers: ['batch'],
    version: V,
    unknown: STOP,
  },
  'archive-columns': {
    title: 'Which columns files of the archive have',
    on: { table: 'meta', key: STORE_KEYS.archiveColumns('{source}', '{columns}') },
    schema: store.archiveColumns,
    writers: ['batch'],
    readers: ['operators'],
    version: V,
    unknown: 'No service reads it',
  },
  receipt: {
    title: 'A receipt, for ?after=',
    on: { http: 'receipt' },
    schema: store.receipt,
    writers: ['ingestion'],
    readers: ['serving', 'clients'],
    version: V,
    unknown: '400 `bad-parameter`',
  },
};
