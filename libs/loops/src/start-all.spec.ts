import { startAll } from './start-all';

const part = (events: string[], name: string, fails = false) => ({
  start: async () => {
    events.push(`start ${name}`);
    if (fails) throw new Error(name);
  },
  stop: async () => void events.push(`stop ${name}`),
});

test('all are started', async () => {
  const events: string[] = [];
  await startAll([part(events, 'a'), part(events, 'b')]);
  expect(events).toEqual(['start a', 'start b']);
});

test('where one fails, none goes on', async () => {
  const events: string[] = [];
  const parts = [part(events, 'a'), part(events, 'b', true), part(events, 'c')];
  await expect(startAll(parts)).rejects.toThrow('b');
  expect(events).toEqual(['start a', 'start b', 'start c', 'stop a', 'stop b', 'stop c']);
});
