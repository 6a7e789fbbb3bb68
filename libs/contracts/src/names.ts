/** Names on the wire: topics, subjects, headers. Changing one is a new version of the contract. */
import type { ProductId, SourceDefinition } from '@tenon/domain';
import { parseProductId } from '@tenon/domain';

/** A product in names of topics and subjects, where `@` is not allowed; names of products have no `.`. */
const dotted = (id: ProductId) => {
  const { name, version } = parseProductId(id);
  return `${name}.${version}`;
};

export const TOPICS = {
  /** Events of one source; written by ingestion alone. */
  events: (source: string) => `tenon.events.${source}`,
  /** Events that were refused at ingestion, one partition. */
  deadLetters: (source: string) => `tenon.dlq.${source}`,
  /** Which of these are settled: sent again, or dropped. One partition. */
  settledLetters: (source: string) => `tenon.dlq-settled.${source}`,
  /** How far a source has taken the stream of somebody else that it is fed from. One partition. */
  feedPositions: (source: string) => `tenon.feeds.${source}`,
  /** Flushes of speed on their way to consumption: what somebody waits for. As many partitions as the product has lanes. */
  flushes: (product: ProductId) => `tenon.flushes.${dotted(product)}`,
  /** Ranges of batch on their way to consumption, in slices. As many partitions. */
  ranges: (product: ProductId) => `tenon.ranges.${dotted(product)}`,
  /** Both of them in edition 2 of the wire, for any version of a product. */
  statesOfEdition2: (product: string) => `tenon.states.${product}`,
  /** The history of cuts: one record when a cut begins, one when each partition has its barrier. One partition. */
  cuts: 'tenon.cuts',
  /** Its first record names the log, so that clients notice a new one. One partition. */
  identity: 'tenon.identity',
} as const;

/** A source's topic of events, as a log makes it. */
export const eventsTopic = ({ name, partitions }: Pick<SourceDefinition, 'name' | 'partitions'>) => ({
  name: TOPICS.events(name),
  partitions,
  keepsAll: true,
});

export const SUBJECTS = {
  /** Hint: cells of a product changed in the store. */
  live: (product: ProductId) => `tenon.live.${dotted(product)}`,
  /** Hint: a product's pointer moved to a generation. */
  generation: (product: ProductId) => `tenon.generation.${dotted(product)}`,
  /** All of these, of every product. */
  anyGeneration: 'tenon.generation.>',
  /** Hint: a cut's barriers are written. */
  cut: 'tenon.cut',
  /** Command to the speed layer: replay a lane from its last cut (a flush went missing). */
  replay: (product: ProductId) => `tenon.replay.${dotted(product)}`,
  /** The same as edition 2 has it. */
  replayOfEdition2: (product: string) => `tenon.replay.${product}`,
  /** Request to ingestion, whoever asks: make a cut. One of its instances answers. */
  askCut: 'tenon.cut.ask',
  /** The same, and batch computes everything before it anew. */
  run: 'tenon.run',
  /** Request: read the catalog again, and go on with it if it is sound. Each instance answers. */
  reload: 'tenon.reload',
  /** Request: a step in the life of a product's versions was taken. Each serving answers once it goes by it. */
  versions: 'tenon.versions',
  /** Request: take such a step. One of the instances that have the store answers. */
  askVersions: 'tenon.versions.ask',
  /** Each instance says from time to time that it is there, and once that it goes. */
  alive: 'tenon.alive',
  /** Request to consumption: which generation does each product serve? */
  generations: 'tenon.generations',
  /** Request: who are you, what do you hold? Each instance answers. */
  status: 'tenon.status',
} as const;

/** Headers of records in the log and of messages on the bus. */
export const HEADERS = {
  correlationId: 'correlationid',
  traceparent: 'traceparent',
  contentType: 'content-type',
  /**
   * Who the event is, so that duplicates are found without parsing: 24 hex digits over its CloudEvents source and id, and
   * 8 over its `data`, which tell a repeat from another event under the same id (see `identityText`).
   */
  identity: 'tenon-identity',
  /** Of what was taken from a stream that others write, events and dead letters: `<topic>/<partition>/<offset>` or `nats:<stream>/<sequence>` there. */
  origin: 'tenon-origin',
  /** Kind of a control record; absent on events. */
  control: 'tenon-control',
  /** Version of the record's format, see `VERSIONS`. */
  version: 'tenon-v',
  /** Of a dead letter: the code of what is wrong (docs/errors.md), and the text. */
  reason: 'tenon-reason',
  detail: 'tenon-detail',
  /** Of a dead letter that was in the log: where it stands there. */
  partition: 'tenon-partition',
  offset: 'tenon-offset',
  /** Of a dead letter whose id its value does not have: from `Idempotency-Key` or `ce-id`. */
  id: 'tenon-id',
  /** Of a dead letter that was cut short: how many bytes it had. */
  truncated: 'tenon-truncated',
} as const;

/** The HTTP header of the correlation ID. */
export const CORRELATION_HEADER = 'x-correlation-id';

/** Consumer groups; the product's or the source's name makes each one's partitions its own. */
export const GROUPS = {
  /** In somebody else's Kafka. */
  feed: (source: string) => `tenon-source-${source}`,
  /** In the log: whose turn it is to read a stream that has no groups of its own. */
  feedTurn: (source: string) => `tenon-source-turn-${source}`,
  speed: (source: string) => `tenon-speed-${source}`,
  archive: (source: string) => `tenon-batch-${source}`,
  flushes: (product: ProductId) => `tenon-consumption-flushes-${dotted(product)}`,
  ranges: (product: ProductId) => `tenon-consumption-ranges-${dotted(product)}`,
  statesOfEdition2: (product: string) => `tenon-consumption-${product}`,
} as const;
