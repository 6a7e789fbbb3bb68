import type { PlanDocument, ServedDocument } from '@tenon/contracts';
import type { Plan, SourceDefinition, Topology } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { ProductStore, StoreTransaction } from '@tenon/ports';
import { registerCatalog } from './register-catalog';
import type { Taking, WantedPlan } from './register-plans';

const ORDERS: SourceDefinition = {
  ...{ name: 'orders', key: ['shop'], time: 'at', partitions: 4, dedupe: { window: 100 } },
  schema: { type: 'object', properties: { shop: { type: 'string' } } },
  description: 'of all shops',
};
const plan = (hash: string, version = 1) =>
  ({ product: 'sales', version, source: 'orders', topology: 'lambda', hash }) as Plan;

let documents: Map<string, unknown>;
let store: ProductStore;
beforeEach(() => {
  documents = new Map();
  store = {
    transact: (work) =>
      work({
        get: (_table: string, key: string) => Promise.resolve(documents.get(key)),
        getMany: (_table: string, keys: readonly string[]) =>
          Promise.resolve(keys.map((key) => documents.get(key))),
        put: (_table: string, key: string, value: unknown) => void documents.set(key, value),
      } as unknown as StoreTransaction),
  } as ProductStore;
});

const TAKING = { auto: true, asked: false, mayGoBack: true, now: 7, graceMs: 100 };
const FIRST = { v: 1, version: 1, since: 7, declared: 1, topology: 'lambda', last: 1, others: [] };

const replan = ({ plan: one, version }: WantedPlan): Promise<Plan> =>
  Promise.resolve({ ...one, version, hash: `${one.hash} as ${version}` });
const take = (plans: readonly Plan[], source: Partial<SourceDefinition> = {}, how: Partial<Taking> = {}) =>
  registerCatalog(store, { sources: [{ ...ORDERS, ...source }], plans }, { ...TAKING, ...how }, replan);
const register = (source: Partial<SourceDefinition> = {}, hash = 'h') => take([plan(hash)], source);

test('a version that is served stays so; another one is built beside it', async () => {
  await register();
  await take([plan('i', 2)]);
  expect(documents.get('served/sales')).toEqual({
    ...{ ...FIRST, declared: 2, last: 2 },
    others: [{ version: 2, state: 'building', since: 7, auto: true }],
  });
});

test('an earlier catalog that is left over somewhere does not bring back what is gone', async () => {
  await register();
  await take([plan('i', 2)]);
  documents.delete('plan/sales@1');
  documents.set('served/sales', { ...FIRST, version: 2, declared: 2, last: 2 });
  await take([plan('h')], {}, { mayGoBack: false });
  expect(documents.has('plan/sales@1')).toBe(false);
  expect(documents.get('served/sales')).toMatchObject({ version: 2, others: [] });
});

test('what somebody asked for is not asked for again by who hears of it late: what was begun since stays', async () => {
  await register();
  // Another version of the served definition: a restatement, or one that is built anew.
  const begun = { version: 2, state: 'building', since: 7, auto: true };
  const apply = async (at: number) => {
    documents.set('served/sales', { ...FIRST, last: 2, others: [begun] });
    await take([plan('h')], {}, { asked: true, at });
    return (documents.get('served/sales') as { others: { state: string }[] }).others[0]?.state;
  };
  expect([await apply(6), await apply(7)]).toEqual(['building', 'dropping']);
  // Of what it asks for itself it says how it is to be served, whenever that was begun.
  documents.set('served/sales', { ...FIRST, declared: 2, last: 2, others: [begun] });
  const wanted = { ...plan('i', 2), sql: 'SELECT 2' };
  documents.set('plan/sales@2', { plan: wanted });
  await take([wanted], {}, { asked: true, at: 6, auto: false });
  expect(documents.get('served/sales')).toMatchObject({ others: [{ ...begun, auto: false }] });
});

async function problemsOf(registered: Promise<unknown>) {
  const error = await registered.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Refusal ? error.problems : error;
}

test('what is new is registered, sources and products', async () => {
  expect(await register()).toEqual([]);
  const { description: _, ...source } = ORDERS;
  expect(Object.fromEntries(documents)).toEqual({
    'source/orders': { v: 1, source: { ...source, id: [] } },
    'plan/sales@1': { plan: plan('h') },
    'served/sales': FIRST,
  });
});

test('the same again, another description, and another schema are taken', async () => {
  await register();
  expect(await register({ description: 'again' })).toMatchObject([{ name: 'orders', schema: ORDERS.schema }]);
  await register({ schema: true });
  expect(documents.get('source/orders')).toMatchObject({ source: { schema: true } });
});

test('an id of the data is taken at the next start too, and another one is refused', async () => {
  const lateness = { latenessMicros: 5_000_000 };
  await register({ id: ['order_no'], ...lateness });
  expect(await register({ id: ['order_no'], ...lateness })).toMatchObject([
    { id: ['order_no'], ...lateness },
  ]);
  for (const other of [{ id: ['order_no', 'line'] }, {}])
    expect(await problemsOf(register(other))).toMatchObject([{ code: 'source-changed' }]);
  documents.clear();
  await register();
  expect(await problemsOf(register({ id: ['order_no'] }))).toMatchObject([{ code: 'source-changed' }]);
});

test('a source that a release before registered, without its id, starts with the one that it has', async () => {
  const { description: _, ...source } = ORDERS;
  documents.set('source/orders', { v: 1, source });
  await register({ id: ['order_no'] });
  expect(documents.get('source/orders')).toMatchObject({ source: { id: ['order_no'] } });
});

test.each<[string, Partial<SourceDefinition>, RegExp]>([
  [
    'key',
    { key: ['region', 'shop'] },
    /orders is in use with key: shop, so it can't become region, shop\. .*partitions/,
  ],
  ['key', { key: [] }, /can't become none/],
  ['time', { time: null }, /time: at, so it can't become none\. .*time that they came with/],
  ['partitions', { partitions: 8 }, /partitions: 4, so it can't become 8\./],
  ['dedupe', { dedupe: { window: 1 } }, /dedupe\.window: 100, so it can't become 1\. .*layers/],
])('another %s is refused, with the reason and the way', async (_what, change, message) => {
  await register();
  const before = new Map(documents);
  expect(await problemsOf(register(change))).toEqual([
    {
      code: 'source-changed',
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('sources/orders_2.yaml') as string,
      place: { file: 'sources/orders.yaml' },
    },
  ]);
  expect(documents).toEqual(before);
});

test('all that is refused is told at once, and nothing of it is registered', async () => {
  await register();
  const before = new Map(documents);
  const change = { time: null, partitions: 1, schema: true };
  expect(await problemsOf(register(change, 'other'))).toMatchObject([
    { code: 'source-changed' },
    { code: 'source-changed' },
    { code: 'product-changed' },
  ]);
  expect(documents).toEqual(before);
});

test('a source of a version that this release does not know is not passed over', async () => {
  documents.set('source/orders', { v: 9, source: {} });
  expect(await problemsOf(register())).toMatchObject({ code: 'unsupported-version' });
});

describe('another topology', () => {
  const as = (topology: Topology, version = 1) => ({ ...plan('h', version), topology });
  const lives = () => {
    const { version, declared, topology, others } = documents.get('served/sales') as ServedDocument;
    return [version, declared, topology, Object.fromEntries(others.map((one) => [one.version, one.state]))];
  };
  const topologyOf = (version: number) =>
    (documents.get(`plan/sales@${version}`) as PlanDocument | undefined)?.plan.topology;
  /** What was built is served, and what was served is kept. */
  const served = (version: number, before: number) => {
    const document = documents.get('served/sales') as ServedDocument;
    const kept = { version: before, state: 'kept', since: 8, until: 108 };
    documents.set('served/sales', { ...document, version, others: [kept] });
  };

  test('is a version of the same definition, built beside the one that is served, which keeps its own', async () => {
    await register();
    await take([as('kappa')]);
    expect(lives()).toEqual([1, 1, 'kappa', { 2: 'building' }]);
    expect([topologyOf(1), topologyOf(2)]).toEqual(['lambda', 'kappa']);
    expect(documents.get('plan/sales@2')).toMatchObject({ plan: { version: 2, hash: 'h as 2' } });
    await take([as('kappa')]);
    expect(lives()).toEqual([1, 1, 'kappa', { 2: 'building' }]);
  });

  test('of before it was served: what is built is not wanted any more', async () => {
    await register();
    await take([as('kappa')]);
    await take([as('lambda')]);
    expect(lives()).toEqual([1, 1, 'lambda', { 2: 'dropping' }]);
    await take([as('lambda-separate')]);
    expect(lives()).toEqual([1, 1, 'lambda-separate', { 2: 'dropping', 3: 'building' }]);
  });

  test('of a version that is kept: its name goes back to that', async () => {
    await register();
    await take([as('kappa')]);
    served(2, 1);
    await take([as('lambda')]);
    expect(lives()).toEqual([1, 1, 'lambda', { 2: 'kept' }]);
  });

  test('served already, by a switch: only what the catalog says changes', async () => {
    await register();
    await take([as('kappa')]);
    served(2, 1);
    documents.set('served/sales', { ...(documents.get('served/sales') as object), topology: 'lambda' });
    await take([as('lambda')]);
    expect(lives()).toEqual([2, 1, 'lambda', { 1: 'kept' }]);
    await take([as('kappa')]);
    expect(lives()).toEqual([2, 1, 'kappa', { 1: 'kept' }]);
    // Somebody asks for what the catalog has.
    await take([as('lambda')], {}, { asked: true });
    expect(lives()).toEqual([1, 1, 'lambda', { 2: 'kept' }]);
  });

  test('with another definition under another number it is that version', async () => {
    await register();
    await take([{ ...plan('i', 2), topology: 'kappa' }]);
    expect(lives()).toEqual([1, 2, 'kappa', { 2: 'building' }]);
    expect(topologyOf(2)).toBe('kappa');
  });

  test('in a directory that is left over somewhere changes nothing', async () => {
    await register();
    await take([as('kappa')], {}, { mayGoBack: false });
    expect(lives()).toEqual([1, 1, 'lambda', {}]);
    expect(topologyOf(1)).toBe('lambda');
  });

  test('of what a release before has registered, which does not say what its catalog had', async () => {
    await register();
    const { topology: _, ...before } = documents.get('served/sales') as ServedDocument;
    documents.set('served/sales', before);
    await register();
    expect(documents.get('served/sales')).toEqual(before);
    await take([as('kappa')]);
    expect(lives()).toEqual([1, 1, 'kappa', { 2: 'building' }]);
  });
});
