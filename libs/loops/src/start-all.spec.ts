import { startAll } from './start-all';

function part(steps: string[], name: string, start: () => Promise<void> = async () => undefined) {
  return {
    start: async () => {
      await start();
      steps.push(`${name} runs`);
    },
    stop: async () => void steps.push(`${name} stops`),
  };
}

test('all run', async () => {
  const steps: string[] = [];
  await startAll([part(steps, 'a'), part(steps, 'b')]);
  expect(steps).toEqual(['a runs', 'b runs']);
});

test('where one does not start, none goes on: not those that started later either', async () => {
  const steps: string[] = [];
  let goOn = () => {};
  const slow = () => new Promise<void>((resolve) => (goOn = resolve));
  const fail = async () => {
    setImmediate(() => goOn());
    throw new Error('the store is away');
  };
  const parts = [part(steps, 'a'), part(steps, 'b', fail), part(steps, 'c', slow)];
  await expect(startAll(parts)).rejects.toThrow('the store is away');
  expect(steps).toEqual(['a runs', 'c runs', 'a stops', 'b stops', 'c stops']);
});
