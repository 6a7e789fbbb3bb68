import { SUBJECTS, TOPICS, generationsRequest } from '@tenon/contracts';
import { DocumentTooLarge } from '@tenon/errors';
import type { RunningService } from '@tenon/ports';
import { putVersions } from '@tenon/views';
import { createConsumption } from './service';
import type { Fixture } from './testing/consumption-fixture';
import { appendFlushes, fixture } from './testing/consumption-fixture';
import { until } from './testing/manual-clock';
import { PRODUCT, cells, flushRecords, planOf, servePointer } from './testing/sales';

let deps: Fixture;
let service: RunningService;
beforeEach(async () => {
  deps = { ...fixture(), plans: [planOf(), planOf({ version: 2, hash: 'h2', topology: 'kappa' })] };
  service = await createConsumption(deps);
});
afterEach(() => service.stop());

const asked = (payload: null | { v: number }) =>
  deps.bus.responders.get(SUBJECTS.generations)?.({ subject: SUBJECTS.generations, payload, headers: {} });

test('the products stand side by side, versions of one too, and each says how it is', async () => {
  await appendFlushes(deps, 0, ...flushRecords({ to: 3 }, cells({ ann: 2 })));
  const products = () => service.status().products as Record<string, unknown>[];
  await until('the flush', () => products()[0]?.applied === 1);
  expect(products()).toMatchObject([
    { product: 'sales', version: 1, generation: 0, applied: 1 },
    { product: 'sales', version: 2, generation: 0, applied: 0 },
  ]);
  expect(service.readings?.().map(({ topic }) => topic)).toEqual([
    TOPICS.flushes(PRODUCT),
    TOPICS.ranges(PRODUCT),
    TOPICS.flushes('sales@2'),
  ]);
});

test('whoever asks is told which generation each name serves, and not what is built beside it', async () => {
  await servePointer(deps.store, { generation: 4 });
  const building = { version: 2, state: 'building' as const, since: 0 };
  const versions = { served: 1, since: 0, declared: 2, last: 2, others: [building] };
  await deps.store.transact(async (tx) => putVersions(tx, 'sales', versions));
  await deps.clock.advance(2000);
  expect(await asked(generationsRequest())).toEqual({ v: 2, generations: { 'sales@1': 4 } });
});

test('a product that fails stands still and is named, and the others land', async () => {
  deps.store.beforeWrite = (table, key) => {
    if (table === 'speed' && key.startsWith(PRODUCT)) throw new DocumentTooLarge('too large');
  };
  await appendFlushes(deps, 0, ...flushRecords({ to: 3 }, cells({ ann: 2 })));
  await until('the product to be named', () => service.ready().degraded !== undefined);
  expect(service.ready()).toEqual({ ok: true, degraded: ['too large'] });
  expect(deps.troubles.of(PRODUCT)).toMatchObject([{ layer: 'consumption', code: 'document-too-large' }]);
  const other = flushRecords({ product: 'sales@2', hash: 'h2', to: 3 }, cells({ ann: 2 }));
  await deps.log.append(
    TOPICS.flushes('sales@2'),
    other.map((value) => ({ partition: 0, key: null, value })),
  );
  const applied = () => (service.status().products as { applied: number }[]).map((one) => one.applied);
  await until('the other', () => applied()[1] === 1);
  expect(applied()).toEqual([0, 1]);
});

test('once stopped it answers nobody, and is done', async () => {
  await service.stop();
  await service.done;
  expect(asked(generationsRequest())).toBeUndefined();
});

test('where a product does not start, nobody is answered', async () => {
  const failing = { ...fixture(), plans: [planOf()] };
  jest.spyOn(failing.log, 'consume').mockRejectedValue(new Error('no group'));
  await expect(createConsumption(failing)).rejects.toThrow('no group');
  expect(failing.bus.responders.size).toBe(0);
});
