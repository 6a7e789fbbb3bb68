import { STORE_KEYS } from '@tenon/contracts';
import { emptyPointer } from '@tenon/domain';
import { servedPointers } from './served-pointers';
import { storeWith } from './testing/snapshots';
import { PLAN, PRODUCT, pointer } from './testing/visits';

const PLANS = [PLAN, { ...PLAN, version: 4 }];

test('the pointers of some products come in the order of the plans, from one instant; undefined where none is served', async () => {
  const store = storeWith({ meta: pointer({ generation: 5, cut: { 'clicks/0': 7 } }) });
  const snapshots = jest.spyOn(store, 'snapshot');
  const read = await servedPointers(store).read([...PLANS].reverse());
  expect(read).toEqual([undefined, { ...emptyPointer('h1'), generation: 5, cut: { 'clicks/0': 7 } }]);
  expect(snapshots).toHaveBeenCalledTimes(1);
});

test("what the edition before wrote by partition is of the plan's source", async () => {
  const before = { ...emptyPointer('h1'), generation: 5, cut: { 0: 7, 1: 9 }, epochs: { 0: 5, 1: 6 } };
  const store = storeWith({ meta: { [STORE_KEYS.pointer(PRODUCT)]: before } });
  expect(await servedPointers(store).read([PLAN])).toMatchObject([
    { cut: { 'clicks/0': 7, 'clicks/1': 9 }, epochs: { 'clicks/0': 5, 'clicks/1': 6 } },
  ]);
});

test('one of a newer release is not read as if it were none', async () => {
  const store = storeWith({ meta: { [STORE_KEYS.pointer(PRODUCT)]: { v: 99 } } });
  await expect(servedPointers(store).read(PLANS)).rejects.toMatchObject({ code: 'unsupported-version' });
});
