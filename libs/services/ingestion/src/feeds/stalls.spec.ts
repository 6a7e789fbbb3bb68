import { STALL_LOOK_MS, Stalls } from './stalls';

test('a sleep that ends much too late is a stall, until it is forgotten', async () => {
  let now = 0;
  let wake: () => void = () => undefined;
  const sleep = (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      signal?.addEventListener('abort', () => resolve());
    });
  const stalls = new Stalls({ monotonic: () => now, sleep }, 1_000);
  stalls.start();
  const pass = async (ms: number) => {
    now += ms;
    wake();
    await Promise.resolve().then(() => undefined);
    return stalls.seen;
  };
  expect([await pass(STALL_LOOK_MS), await pass(STALL_LOOK_MS + 1_001), await pass(STALL_LOOK_MS)]).toEqual([
    false,
    true,
    true,
  ]);
  stalls.forget();
  expect(await pass(STALL_LOOK_MS)).toBe(false);
  await stalls.stop();
});
