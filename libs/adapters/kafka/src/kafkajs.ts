/** All that reaches below the public interface of kafkajs: its version is pinned, and no release has come since 2023. */
import type { Kafka } from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import fetchRequest from 'kafkajs/src/protocol/requests/fetch/v11/request';
import type { FetchedPartition } from './fetch-response';
import { decodeFetchResponse } from './fetch-response';
import type { ProducedPartition } from './produce-codec';
import { decodeProduced, encodeProduce } from './produce-codec';
import { lastingError, passingError } from './protocol-errors';
import { decodeTopicAnswer, encodeTopicQuestion } from './topic-id';

/** A connected broker, as `Cluster.findBroker` gives it. */
export interface Broker {
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null;
  readonly connectionPool: {
    send(call: {
      request: unknown;
      response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
      requestTimeout: number;
      logResponseError: boolean;
    }): Promise<unknown>;
  };
}

/** What kafkajs knows of the brokers, with connections of its own. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number | null }[];
  findControllerBroker(): Promise<Broker>;
  findBroker(options: { nodeId: number }): Promise<Broker>;
  fetchTopicsOffset(
    topics: readonly { topic: string; fromBeginning: boolean; partitions: { partition: number }[] }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

type CreateCluster = (options: { metadataMaxAge: number; allowAutoTopicCreation: boolean }) => Cluster;

const METADATA_MAX_AGE = 300_000;

/** @returns connections and metadata that nobody else shares */
export function createCluster(kafka: Kafka, metadataMaxAge = METADATA_MAX_AGE): Cluster {
  const key = Object.getOwnPropertySymbols(kafka).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  );
  const create = (kafka as unknown as Record<symbol, CreateCluster | undefined>)[key ?? Symbol()];
  if (create === undefined)
    throw new Error('This is not the kafkajs 2.2.4 that the adapter was written for.');
  return create.call(kafka, { metadataMaxAge, allowAutoTopicCreation: false });
}

const API_FETCH = 1;
const FETCH_VERSION = 11;
const FROM_LEADER = -1;
/** Nothing that Tenon writes is transactional, so that there is nothing to filter out. */
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;

export interface FetchOptions {
  readonly topic: string;
  readonly partitions: readonly { partition: number; offset: number; maxBytes: number }[];
  /** The broker answers as soon as there is a record, or after this long. */
  readonly maxWaitMs: number;
  /** The broker answers at once from so many bytes on. Default 1. */
  readonly minBytes?: number;
  readonly maxBytes: number;
  /** Nothing of open transactions, and the answer names those that were aborted. */
  readonly committed?: boolean;
}

/** One Fetch request; the record sets are left as bytes, which kafkajs would turn into objects at several times the cost. */
export async function fetchFrom(broker: Broker, options: FetchOptions): Promise<readonly FetchedPartition[]> {
  const versions = broker.versions?.[API_FETCH];
  if (versions && (versions.minVersion > FETCH_VERSION || versions.maxVersion < FETCH_VERSION)) {
    throw new Error(`The broker does not speak Fetch version ${FETCH_VERSION} (Kafka 2.3 and later do).`);
  }
  const decoded = await broker.connectionPool.send({
    request: fetchRequest({
      replicaId: FROM_LEADER,
      maxWaitTime: options.maxWaitMs,
      minBytes: options.minBytes ?? 1,
      maxBytes: options.maxBytes,
      isolationLevel: options.committed === true ? READ_COMMITTED : READ_UNCOMMITTED,
      topics: [
        {
          topic: options.topic,
          partitions: options.partitions.map(({ partition, offset, maxBytes }) => ({
            partition,
            fetchOffset: String(offset),
            maxBytes,
          })),
        },
      ],
    }),
    response: { decode: async (payload) => decodeFetchResponse(payload), parse: async (answer) => answer },
    requestTimeout: options.maxWaitMs + 5_000,
    logResponseError: false,
  });
  return (decoded as ReturnType<typeof decodeFetchResponse>).partitions;
}

const API_PRODUCE = 0;
const PRODUCE_VERSION = 7;

/** One Produce request of record batches. @param acks -1: all copies in sync; 1: the leader */
export async function produceTo(
  broker: Broker,
  topic: string,
  batches: ReadonlyMap<number, Buffer>,
  acks: number,
): Promise<readonly ProducedPartition[]> {
  const body = encodeProduce(topic, batches, acks, PRODUCE_TIMEOUT_MS);
  const decoded = await broker.connectionPool.send({
    // What kafkajs asks of an encoder.
    request: {
      apiKey: API_PRODUCE,
      apiVersion: PRODUCE_VERSION,
      apiName: 'Produce',
      encode: async () => ({ buf: body, buffer: body }),
    },
    response: { decode: async (payload) => decodeProduced(payload), parse: async (answer) => answer },
    requestTimeout: PRODUCE_TIMEOUT_MS,
    logResponseError: false,
  });
  return (decoded as ReturnType<typeof decodeProduced>).partitions;
}

const API_INIT_PRODUCER_ID = 22;
const INIT_PRODUCER_ID_VERSION = 1;

export interface ProducerIdentity {
  readonly errorCode: number;
  readonly producerId: bigint;
  readonly epoch: number;
}

/** One InitProducerId request without a transaction: the broker then takes each numbered batch once. */
export async function producerIdAt(broker: Broker): Promise<ProducerIdentity> {
  const body = Buffer.alloc(6);
  body.writeInt16BE(-1, 0); // no transaction
  body.writeInt32BE(PRODUCE_TIMEOUT_MS, 2);
  const decode = (payload: Buffer) => ({
    clientSideThrottleTime: payload.readInt32BE(0),
    errorCode: payload.readInt16BE(4),
    producerId: payload.readBigInt64BE(6),
    epoch: payload.readInt16BE(14),
  });
  const decoded = await broker.connectionPool.send({
    request: {
      apiKey: API_INIT_PRODUCER_ID,
      apiVersion: INIT_PRODUCER_ID_VERSION,
      apiName: 'InitProducerId',
      encode: async () => ({ buf: body, buffer: body }),
    },
    response: { decode: async (payload) => decode(payload), parse: async (answer) => answer },
    requestTimeout: PRODUCE_TIMEOUT_MS,
    logResponseError: false,
  });
  return decoded as ProducerIdentity;
}

const API_METADATA = 3;
const METADATA_VERSION = 10;
/** Brokers before Kafka 2.8 know no ids; so do later ones give the zero id where they have none. */
const NO_TOPIC_ID = '00000000-0000-0000-0000-000000000000';

/** One Metadata request, of the first version that has topics' ids, which kafkajs does not speak. @returns null if there is none */
export async function topicIdAt(broker: Broker, topic: string): Promise<string | null> {
  const versions = broker.versions?.[API_METADATA];
  if (versions && versions.maxVersion < METADATA_VERSION) return NO_TOPIC_ID;
  const body = encodeTopicQuestion(topic);
  const decoded = await broker.connectionPool.send({
    request: {
      apiKey: API_METADATA,
      apiVersion: METADATA_VERSION,
      apiName: 'Metadata',
      encode: async () => ({ buf: body, buffer: body }),
    },
    response: {
      decode: async (payload) => decodeTopicAnswer(payload),
      parse: async (answer) => answer,
    },
    requestTimeout: PRODUCE_TIMEOUT_MS,
    logResponseError: false,
  });
  const { errorCode, id } = decoded as ReturnType<typeof decodeTopicAnswer>;
  if (errorCode === UNKNOWN_TOPIC) return null;
  if (errorCode === 0 || errorCode === LEADER_NOT_AVAILABLE) return id;
  throw lastingError(errorCode, topic) ?? passingError(errorCode, topic);
}

const UNKNOWN_TOPIC = 3;
const LEADER_NOT_AVAILABLE = 5;

/** How long a broker waits for the copies. */
const PRODUCE_TIMEOUT_MS = 10_000;

/**
 * kafkajs schedules the next look at its queue for a time in the past, so that Node looks every millisecond for as long
 * as the connection lives (kafkajs#1751). There is something to look at only while requests wait.
 */
export function mendRequestQueue(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(
    this: RequestQueue,
  ) {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId) return;
    const wait = Math.max(this.throttledUntil - Date.now(), 10);
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, wait);
  };
}
