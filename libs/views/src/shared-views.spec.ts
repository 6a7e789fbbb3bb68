import fc from 'fast-check';
import { noView } from './known-view';
import { inOneStore, withView } from './open-view';
import type { Documents } from './testing/snapshots';
import { storeWith } from './testing/snapshots';
import { LAYOUT, ledger, pointer } from './testing/visits';

const served = (generation: number): Documents => ({
  meta: pointer({
    ...{ generation, cut: { 'clicks/0': generation, 'clicks/1': 0 }, ledger: ledger(generation) },
    epochs: { 'clicks/0': generation, 'clicks/1': generation },
  }),
});

/** A reader that knows its store. */
async function reader(tick: () => Promise<void> = async () => undefined) {
  const store = storeWith(served(1));
  const { snapshot } = store;
  store.snapshot = async (read) => {
    await tick();
    return snapshot(async (one) => {
      await tick();
      return read(one);
    });
  };
  const opened = jest.spyOn(store, 'snapshot');
  const known = noView();
  const ask = <T>(read: (generation: number) => Promise<T>) =>
    withView(inOneStore(store), LAYOUT, ({ base }) => read(base.pointer.generation), known);
  await ask(async () => undefined);
  opened.mockClear();
  return { store, opened, ask };
}

test('any number who come together are answered from one snapshot, which is closed once the last has left', async () => {
  const { store, opened, ask } = await reader();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const slow = ask(async (generation) => held.then(() => generation));
  const others = Array.from({ length: 999 }, () => ask(async (generation) => generation));
  expect(new Set(await Promise.all(others))).toEqual(new Set([1]));
  expect([opened.mock.calls.length, store.held]).toEqual([1, 1]);
  release();
  expect(await slow).toBe(1);
  // What closes it goes on behind the answers.
  while (store.held > 0) await Promise.resolve();
  await ask(async () => undefined);
  expect(opened).toHaveBeenCalledTimes(2);
});

test('each is answered from a snapshot that was begun after he came; those who come while one is opened share the next', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ asks: fc.nat(4), ticks: fc.nat(6), changes: fc.boolean() }), { maxLength: 30 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
      async (steps, delays) => {
        let turn = 0;
        const wait = async (ticks: number) => {
          for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
        };
        const { store, opened, ask } = await reader(() => wait(delays[turn++ % delays.length] as number));
        let now = 1;
        let asked = 0;
        const answers: Promise<void>[] = [];
        for (const { asks, ticks, changes } of steps) {
          if (changes) store.documents = served((now += 1));
          const least = now;
          for (let one = 0; one < asks; one++) {
            asked += 1;
            const answer = ask(async (generation) => wait(one).then(() => generation));
            answers.push(answer.then((generation) => expect(generation).toBeGreaterThanOrEqual(least)));
          }
          await wait(ticks);
        }
        await Promise.all(answers);
        expect(opened.mock.calls.length).toBeLessThanOrEqual(asked);
        for (let tick = 0; tick < 100 && store.held > 0; tick++) await Promise.resolve();
        expect(store.held).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('what fails in one fails no other; a store that is away fails all who asked, and is asked again', async () => {
  const { store, ask } = await reader();
  const outcomes = await Promise.allSettled([
    ask(() => Promise.reject(new Error('mine'))),
    ask(async (generation) => generation),
  ]);
  expect(outcomes).toEqual([
    { status: 'rejected', reason: new Error('mine') },
    { status: 'fulfilled', value: 1 },
  ]);
  const { snapshot } = store;
  store.snapshot = () => Promise.reject(new Error('away'));
  const away = await Promise.allSettled([ask(async () => 1), ask(async () => 1)]);
  expect(away.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  store.snapshot = snapshot;
  expect(await ask(async (generation) => generation)).toBe(1);
});
