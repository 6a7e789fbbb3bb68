import { describeEventLogContract } from '@tenon/testing';
import { createKafkaEventLog } from './event-log';

const brokers = process.env['TENON_KAFKA_BROKERS'];

if (brokers) {
  describeEventLogContract(
    'The log in Kafka',
    async () => ({
      open: async () =>
        createKafkaEventLog({
          brokers: brokers.split(','),
          group: { sessionTimeoutMs: 6_000, heartbeatMs: 300 },
        }),
    }),
    { deletesExactly: true, sharedStorage: true, rebalanceMs: 15_000 },
  );
} else {
  describe.skip('The log in Kafka (skipped: TENON_KAFKA_BROKERS is not set; npm run test:real sets it)', () => {
    test('keeps the contract of EventLog', () => undefined);
  });
}
