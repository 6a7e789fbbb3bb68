import type { Unreadable } from '@tenon/contracts';
import { fixture } from './testing/consumption-fixture';
import { PRODUCT } from './testing/sales';
import { UnreadableRecords } from './unreadable';

const unreadable = (fields: Partial<Unreadable> = {}): Unreadable => ({
  ...{ reason: 'why', damaged: false, newer: null },
  ...fields,
});

test('records that are no message are counted by what is wrong with them, and each is logged with its place', () => {
  const { logger, lines } = fixture();
  const records = new UnreadableRecords(logger, PRODUCT, 'topic');
  records.passOver(1, 7, unreadable());
  records.passOver(1, 8, unreadable({ damaged: true }));
  records.passOver(0, 9, unreadable({ damaged: true }));
  expect(records.counts).toEqual({ unreadable: 1, damaged: 2 });
  expect(lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['error', { product: PRODUCT, topic: 'topic', partition: 1, offset: 7, reason: 'why', damaged: false }],
    ['error', { product: PRODUCT, topic: 'topic', partition: 1, offset: 8, reason: 'why', damaged: true }],
    ['error', { product: PRODUCT, topic: 'topic', partition: 0, offset: 9, reason: 'why', damaged: true }],
  ]);
});

test('one of a newer release is not passed over: the error says where it stands', () => {
  const { logger } = fixture();
  const records = new UnreadableRecords(logger, PRODUCT, 'topic');
  const newer = unreadable({ newer: { message: 'flush', unknownVersion: 9 } });
  expect(() => records.passOver(1, 7, newer)).toThrow(
    expect.objectContaining({
      code: 'unsupported-version',
      message: expect.stringMatching(/^topic, partition 1, offset 7: a flush of version 9/),
    }),
  );
  expect(records.counts).toEqual({ unreadable: 0, damaged: 0 });
});
