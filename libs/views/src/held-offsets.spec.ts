import { STORE_KEYS } from '@tenon/contracts';
import { Unavailable } from '@tenon/errors';
import { heldOffsets } from './held-offsets';
import { storeWith } from './testing/snapshots';
import { LAYOUT, PRODUCT, pointer, progress } from './testing/visits';

const CLICKS = { name: 'clicks', partitions: 2 };
const archived = (partition: number, next: number) => ({
  [STORE_KEYS.archiveHead('clicks', partition)]: { v: 1, next },
});

const held = (meta: Record<string, unknown>) => heldOffsets(storeWith({ meta }), CLICKS, [LAYOUT]);

test('what was counted or archived of a source is known, by partition, whichever reaches farther', async () => {
  const served = pointer({ generation: 1, cut: { 'clicks/0': 5, 'clicks/1': 4 }, epochs: { 'clicks/0': 1 } });
  expect(await held({})).toEqual({ 0: 0, 1: 0 });
  expect(await held(served)).toEqual({ 0: 5, 1: 4 });
  expect(await held({ ...served, ...archived(0, 9), ...archived(1, 3) })).toEqual({ 0: 9, 1: 4 });
  expect(await held({ ...served, ...archived(0, 6), ...progress(1, 0, 5, 8) })).toEqual({ 0: 8, 1: 4 });
});

test('states count that lie beyond a gap', async () => {
  expect(await held({ ...progress(0, 0, 0, 3), ...progress(2, 0, 7, 9) })).toEqual({ 0: 9, 1: 0 });
});

test('what cannot be read says nothing, and hides nothing else', async () => {
  const damaged = { [STORE_KEYS.pointer(PRODUCT)]: { v: 99 } };
  expect(await held({ ...damaged, ...archived(1, 3) })).toEqual({ 1: 3 });
});

test('a store that is away is no answer', async () => {
  const away = { snapshot: () => Promise.reject(new Unavailable('The store is away.')) };
  await expect(heldOffsets(away, CLICKS, [LAYOUT])).rejects.toBeInstanceOf(Unavailable);
});
