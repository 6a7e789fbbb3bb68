import { describeBusContract } from '@tenon/testing';
import { createMemoryBus } from './memory-bus';

describeBusContract(
  'The bus in memory',
  async () => {
    const bus = createMemoryBus();
    return { open: async () => bus };
  },
  { knowsResponders: true },
);

test('what handlers throw is told', async () => {
  const errors: [unknown, string][] = [];
  const bus = createMemoryBus({ onError: (error, subject) => errors.push([error, subject]) });
  const failure = new Error('a bug');
  await bus.subscribe('a', () => {
    throw failure;
  });
  await bus.respond('b', () => Promise.reject(failure));
  bus.publish('a', 1);
  expect(await bus.request('b', 1, { timeoutMs: 1000 })).toEqual([]);
  expect(errors).toEqual([
    [failure, 'a'],
    [failure, 'b'],
  ]);
});

test('closing ends the requests that wait', async () => {
  const bus = createMemoryBus();
  await bus.respond('slow', () => new Promise(() => {}));
  const request = bus.request('slow', 1, { timeoutMs: 3_600_000 });
  await bus.close();
  expect(await request).toEqual([]);
});
