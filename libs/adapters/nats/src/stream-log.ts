/**
 * A JetStream stream that others write, as ingestion reads streams: one partition, whose offsets are the stream's sequences. Who of
 * several instances reads it the log's own consumer group says.
 */
import type { ConsumeOptions, FeedLog, LogConsumer } from '@tenon/ports';
import { StreamConnection, identityOf } from './stream-connection';
import type { StreamOptions } from './stream-connection';
import { StreamConsumer } from './stream-consumer';

export interface NatsStreamLogOptions extends StreamOptions {
  /** Joins a group of the log that has one partition: whoever holds that reads the stream. */
  hold(startAt: ConsumeOptions['startAt']): Promise<LogConsumer>;
}

export interface NatsStreamLog extends FeedLog {
  /** For people. */
  readonly title: string;
}

const PARTITION = '0';

export function createNatsStreamLog({ hold, ...options }: NatsStreamLogOptions): NatsStreamLog {
  const connection = new StreamConnection(options);
  let consumer: StreamConsumer | null = null;
  return {
    title: connection.title,
    topicId: async () => {
      const info = await connection.info();
      return info === null ? null : identityOf(info);
    },
    startOffsets: async () => {
      const info = await connection.info();
      return info === null ? {} : { [PARTITION]: Math.max(1, info.state.first_seq) };
    },
    endOffsets: async () => {
      const info = await connection.info();
      if (info === null) return {};
      const end = info.state.last_seq + 1;
      await consumer?.passEnd(end);
      return { [PARTITION]: end };
    },
    consume: async ({ startAt }) => {
      consumer = new StreamConsumer(connection);
      await consumer.join(hold, startAt);
      return consumer;
    },
    close: () => connection.close(),
  };
}
