/**
 * A product is moved from topology to topology, in every direction, while events come and questions are asked: by another line in its
 * YAML and a reload. Each answer is what plain code makes of the events below the offsets that it names, and none is refused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Tenon } from './tenon';

const SOURCE = 'sales';
const PRODUCT = 'by_shop';

interface Sale {
  readonly shop: string;
  readonly amount: number;
}

interface Item {
  readonly index: number;
  readonly position: { readonly partition: number; readonly offset: number };
}

interface Rows {
  readonly rows: readonly { readonly shop: string; readonly n: number; readonly total: number }[];
  readonly answer: {
    readonly topology: string;
    readonly status: string;
    readonly included: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

let tenon: Tenon;
/** Partition → offset → what stands there. */
const log = new Map<number, Map<number, Sale>>();
let sent = 0;
let asked = 0;

const declare = (topology: string) => tenon.file(`products/${PRODUCT}.yaml`, `topology: ${topology}\n`);

beforeAll(async () => {
  tenon = new Tenon();
  const properties = { shop: { type: 'string' }, amount: { type: 'integer' } };
  const schema = { type: 'object', required: Object.keys(properties), properties };
  tenon.file(`sources/${SOURCE}.yaml`, JSON.stringify({ key: 'shop', partitions: 3, schema }));
  const sql = `SELECT shop, count(*) AS n, sum(amount) AS total FROM ${SOURCE} GROUP BY shop`;
  tenon.file(`products/${PRODUCT}.sql`, sql);
  declare('lambda');
  await tenon.start();
});

afterAll(() => tenon?.stop());

async function send(count: number): Promise<string> {
  const sales = Array.from({ length: count }, (): Sale => {
    sent += 1;
    return { shop: `s${sent % 7}`, amount: (sent * 37) % 100 };
  });
  const { status, body } = await tenon.send(
    SOURCE,
    sales.map((sale) => JSON.stringify(sale)),
  );
  expect(status).toBe(202);
  for (const { index, position } of body['items'] as readonly Item[]) {
    const partition = log.get(position.partition) ?? new Map<number, Sale>();
    log.set(position.partition, partition.set(position.offset, sales[index] as Sale));
  }
  return body['receipt'] as string;
}

/** @param after a receipt whose events are to be in it */
async function expectExact(after?: string): Promise<Rows> {
  const query = after === undefined ? '' : `?after=${after}&timeout=30000`;
  // All that is in an answer was acknowledged before it is compared: nobody sends meanwhile.
  const response = await fetch(`${tenon.url}/v1/products/${PRODUCT}/rows${query}`);
  const answer = (await response.json()) as Rows;
  expect([response.status, after, answer]).toEqual([200, after, expect.anything()]);
  const expected = new Map<string, { shop: string; n: number; total: number }>();
  for (const [partition, next] of Object.entries(answer.answer.included[SOURCE] ?? {}))
    for (const [offset, { shop, amount }] of log.get(Number(partition)) ?? [])
      if (offset < next) {
        const row = expected.get(shop) ?? { shop, n: 0, total: 0 };
        expected.set(shop, { shop, n: row.n + 1, total: row.total + amount });
      }
  const rows = answer.rows.map(({ shop, n, total }) => ({ shop, n, total: Number(total) }));
  expect(rows).toEqual([...expected.values()].sort((a, b) => (a.shop < b.shop ? -1 : 1)));
  asked += 1;
  return answer;
}

/** Sends and asks, one after the other, until something is over. */
async function underLoad(work: Promise<unknown>): Promise<void> {
  let over = false;
  const done = work.finally(() => (over = true));
  while (!over) {
    await send(20);
    await expectExact();
    await sleep(5);
  }
  await done;
}

const WAYS = ['kappa', 'lambda', 'lambda-separate', 'kappa', 'lambda-separate', 'lambda'] as const;

test('in every direction, with cuts between, answers stay exact and none is refused', async () => {
  await send(200);
  for (const topology of WAYS) {
    await tenon.cut();
    await expectExact(await send(50));
    declare(topology);
    await underLoad(
      tenon.reload().then(({ body }) => expect(body['instances']).toMatchObject([{ outcome: 'reloaded' }])),
    );
    const answer = await expectExact(await send(20));
    expect(answer.answer.topology).toBe(topology);
    await underLoad(tenon.cut());
    await expectExact(await send(1));
  }
  expect(asked).toBeGreaterThan(3 * WAYS.length);
}, 120_000);

test('ended between the change and the reload, it goes on where it is told to', async () => {
  await tenon.restart(() => declare('kappa'));
  const answer = await expectExact(await send(20));
  expect(answer.answer).toMatchObject({ topology: 'kappa', status: 'provisional' });
  await tenon.cut();
  await expectExact(await send(1));
});
