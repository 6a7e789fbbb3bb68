/** A feed whose values are in the wire format of a schema registry: who reads it gets JSON, or why there is none. */
import type { FeedLog, LogConsumer, LogRecord } from '@tenon/ports';
import type { Decode } from './decoder';

export function decodedFeed(log: FeedLog, decode: Decode): FeedLog {
  return {
    topicId: (name) => log.topicId(name),
    startOffsets: (topic) => log.startOffsets(topic),
    endOffsets: (topic) => log.endOffsets(topic),
    consume: async (options) => decodedConsumer(await log.consume(options), decode),
    close: () => log.close(),
  };
}

function decodedConsumer(consumer: LogConsumer, decode: Decode): LogConsumer {
  return {
    // With the registry away the poll fails as with the log away: nothing of it was taken, and it is read again.
    poll: async (options) => {
      const polled = await consumer.poll(options);
      const read = polled.read.map(async ({ partition, records }) => ({
        partition,
        records: await Promise.all(records.map((record) => decodedRecord(record, decode))),
      }));
      return { ...polled, read: await Promise.all(read) };
    },
    seek: (partition, offset) => consumer.seek(partition, offset),
    positions: () => consumer.positions?.() ?? new Map(),
    stillHas: async (partition) => (await consumer.stillHas?.(partition)) ?? true,
    silentMs: () => consumer.silentMs?.() ?? 0,
    close: () => consumer.close(),
  };
}

async function decodedRecord(record: LogRecord, decode: Decode): Promise<LogRecord> {
  if (record.isNull === true) return record;
  const decoded = await decode(record.value);
  const { offset, timestamp, key, value } = record;
  return {
    ...{ offset, timestamp, key },
    ...('json' in decoded ? { value: decoded.json } : { value, fault: decoded }),
    header: (name) => record.header(name),
    headerBytes: (name) => record.headerBytes(name),
    headers: () => record.headers(),
  };
}
