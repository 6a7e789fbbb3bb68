import { MESSAGES } from '@tenon/contracts/schemas';
import { createManualClock } from '@tenon/testing';
import type { Self } from './instance';
import { describeSelf } from './instance';

test('what a service says of itself fits the schema of the wire, with all that it has', () => {
  const running = {
    ready: () => ({ ok: false, reason: 'the log is away' }),
    readings: () => [{ topic: 'tenon.events.orders', group: 'g', next: { 0: 7 } }],
    status: () => ({ sources: [] }),
  };
  const service = {
    name: 'speed',
    current: () => running,
    restarts: () => 1,
    lastFailure: () => ({ at: 0, reason: 'it broke' }),
    readiness: running.ready,
  };
  const describe = describeSelf({
    instance: 'host/1',
    clock: createManualClock(),
    services: () => [service],
    catalog: () => ({ fingerprint: 'abc', readAt: 0 }),
    lags: () => [{ service: 'speed', topic: 'tenon.events.orders', group: 'g', partition: 0, lag: 3 }],
    troubles: () => ['log: away'],
    stuck: () => 'speed has read nothing',
    refused: () => [{ code: 'bad', message: 'no catalog' }],
  } as unknown as Self);
  const [state] = describe();
  const { schema } = MESSAGES['status-reply'];
  expect(schema.safeParse(state).error).toBeUndefined();
  expect(Object.keys(state ?? {})).toEqual(
    expect.arrayContaining([
      'wire',
      'version',
      'partitions',
      'lag',
      'reason',
      'failed',
      'stuck',
      'catalogRefused',
    ]),
  );
});
