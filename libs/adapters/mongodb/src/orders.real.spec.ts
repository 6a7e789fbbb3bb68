/** What questions along the orders of cells cost on a real MongoDB, by its own account. */
import { MongoClient } from 'mongodb';
import { uniqueName } from '@tenon/testing';
import { RUNTIME } from './connect';
import { createMongoProductStore } from './product-store';
import { documentsIn } from './snapshot';
import { ORDERS, orderIndex, tablesOf } from './tables';

const given = process.env['TENON_MONGODB_URL'];

const PREFIX = 'p@1/base/';
const SITES = 50;
const HOURS = 40;
const LIMIT = 10;

interface Stage {
  readonly stage?: string;
  readonly indexName?: string;
  readonly inputStage?: Stage;
}

const stagesOf = (stage: Stage | undefined): Stage[] =>
  stage === undefined ? [] : [stage, ...stagesOf(stage.inputStage)];

function describeOrders(url: string): void {
  const database = uniqueName('tenon-orders');
  const client = new MongoClient(url, RUNTIME);
  const tables = tablesOf(client.db(database));

  beforeAll(async () => {
    const store = await createMongoProductStore({ url, database, isShared: () => false });
    const two = (n: number) => String(n).padStart(2, '0');
    await store.transact(async (tx) => {
      for (let hour = 0; hour < HOURS; hour++)
        for (let site = 0; site < SITES; site++) {
          const key = `${PREFIX}${two(hour)}.${two(site)}`;
          const places = { at: PREFIX.length, heads: [`${two(site)}!`] };
          tx.putJson('base', key, '{}', places);
        }
    });
    await store.close();
  });

  afterAll(async () => {
    await client.db(database).dropDatabase();
    await client.close();
  });

  test.each([false, true])(
    'a series reads what it returns, by the index of its order (newest first: %s)',
    async (reverse) => {
      const range = {
        gte: PREFIX,
        lt: `${PREFIX}~`,
        reverse,
        limit: LIMIT,
        under: { order: 0, at: PREFIX.length, head: '07!' },
      };
      const found = await documentsIn(tables.base, range).toArray();
      const hours = found.map(({ _id }) => Number(_id.slice(PREFIX.length, PREFIX.length + 2)));
      const first = reverse ? HOURS - 1 : 0;
      expect(hours).toEqual(Array.from({ length: LIMIT }, (_, at) => first + (reverse ? -at : at)));
      const { queryPlanner, executionStats } = (await documentsIn(tables.base, range).explain(
        'executionStats',
      )) as {
        queryPlanner: { winningPlan: Stage & { queryPlan?: Stage } };
        executionStats: { totalKeysExamined: number; totalDocsExamined: number };
      };
      const { winningPlan } = queryPlanner;
      const stages = stagesOf(winningPlan.queryPlan ?? winningPlan);
      expect(stages.map(({ indexName }) => indexName)).toContain(orderIndex(0));
      // Neither sorted in memory nor gone through as a whole.
      expect(stages.map(({ stage }) => stage)).not.toContain('SORT');
      expect(stages.map(({ stage }) => stage)).not.toContain('COLLSCAN');
      expect(executionStats.totalDocsExamined).toBe(LIMIT);
      expect(executionStats.totalKeysExamined).toBeLessThanOrEqual(LIMIT + 1);
    },
  );

  test('a start makes the indexes that are missing', async () => {
    const names = async () => (await tables.base.indexes()).map(({ name }) => name);
    await tables.base.dropIndex(orderIndex(0));
    const store = await createMongoProductStore({ url, database, isShared: () => false });
    while (!(await store.snapshot(async ({ ordered }) => ordered))) await new Promise(setImmediate);
    expect(await names()).toEqual(expect.arrayContaining(ORDERS.map((_, order) => orderIndex(order))));
    await store.close();
  });
}

if (given) describe('Orders of cells in MongoDB', () => describeOrders(given));
else
  describe.skip('Orders of cells in MongoDB (skipped: TENON_MONGODB_URL is not set; npm run test:real sets it)', () => {
    test('are read by their indexes', () => undefined);
  });
