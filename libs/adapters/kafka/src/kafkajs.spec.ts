/** What this adapter assumes of kafkajs below its public interface: a new version has to keep it, or fail here. */
import RequestQueue from 'kafkajs/src/network/requestQueue';
import { createKafka } from './client';
import { createCluster } from './kafkajs';
import { decodeRecordSet } from './record-batch';
import { encodeRecordBatch } from './record-batch-writer';

type Decode = (decoder: unknown) => Promise<{ records: { key: Buffer; value: Buffer; headers: object }[] }>;

/* eslint-disable @typescript-eslint/no-require-imports */
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown;
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as Decode;
/* eslint-enable */

test('the version is the one that was read', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  expect((require('kafkajs/package.json') as { version: string }).version).toBe('2.2.4');
});

test('a cluster has the functions that are used', () => {
  const cluster = createCluster(createKafka({ brokers: ['127.0.0.1:1'] }));
  for (const name of [
    'connect',
    'disconnect',
    'addTargetTopic',
    'refreshMetadata',
    'refreshMetadataIfNecessary',
    'findTopicPartitionMetadata',
    'findBroker',
    'fetchTopicsOffset',
  ] as const)
    expect(typeof cluster[name]).toBe('function');
});

test('an idle connection has no timer, one with waiting requests looks again', () => {
  const scheduled = (pending: unknown[], throttledUntil: number) => {
    const queue = Object.assign(Object.create(RequestQueue.prototype) as RequestQueue, {
      pending,
      throttledUntil,
      throttleCheckTimeoutId: null,
    });
    queue.scheduleCheckPendingRequests();
    const timer = queue.throttleCheckTimeoutId as NodeJS.Timeout | null;
    if (timer !== null) clearTimeout(timer);
    return timer !== null;
  };
  expect([scheduled([], -1), scheduled([{}], -1), scheduled([{}], Date.now() + 50)]).toEqual([
    false,
    true,
    true,
  ]);
});

test('kafkajs reads the batches that we write as we do', async () => {
  const batch = encodeRecordBatch(
    [
      { partition: 0, key: 'Zürich', value: '✈ '.repeat(100), headers: { a: 'ä', ce_id: '1' }, timestamp: 5 },
      { partition: 0, key: null, value: new Uint8Array([1, 2, 3]), timestamp: 1 },
    ],
    0,
  );
  const { records } = await decodeBatch(new Decoder(batch));
  const ours = decodeRecordSet(batch, 0).records;
  expect(records.map(({ key, value }) => [key, value])).toEqual(ours.map(({ key, value }) => [key, value]));
  expect(records[0]?.headers).toEqual({ a: Buffer.from('ä'), ce_id: Buffer.from('1') });
});
