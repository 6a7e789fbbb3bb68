/** What the specs send to the source `orders`, and what they look for in its log. */
import type { LogRecord } from '@tenon/ports';
import type { Fixture } from './ingestion-fixture';
import { envelope } from './ingestion-fixture';
import type { MemoryLog } from './memory-log';

export const TOPIC = 'tenon.events.orders';
export const DEAD = 'tenon.dlq.orders';

export const STRUCTURED = 'application/cloudevents+json';
export const STRUCTURED_ARRAY = 'application/cloudevents-batch+json';
export const NDJSON = 'application/x-ndjson';

export const event = (fields: object = {}) => ({ customer: 'ann', count: 1, ...fields });
export const cloudEvent = (attributes: object = {}, data: unknown = event()) => ({
  specversion: '1.0',
  id: 'e-1',
  source: '/shop',
  type: 'order',
  data,
  ...attributes,
});

export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The one record of all partitions. */
export const only = ({ log }: Fixture): LogRecord | undefined => {
  const records = log.all(TOPIC);
  expect(records).toHaveLength(1);
  return records[0];
};

export const idOf = (record: LogRecord) => envelope(record).id;

/** The epochs of the barriers of each partition, in order. */
export const barriers = (log: MemoryLog) =>
  (log.topics.get(TOPIC) ?? []).map((records) =>
    records
      .filter((record) => record.header('tenon-control') === 'barrier')
      .map((record) => (JSON.parse(Buffer.from(record.value).toString()) as { epoch: number }).epoch),
  );
