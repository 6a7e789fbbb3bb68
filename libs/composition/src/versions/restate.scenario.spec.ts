/** A version that is built without some events, or with other values, beside the served one; both layers, and what comes after. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, readSettings } from '@tenon/runtime';
import { eventually } from '@tenon/testing';
import type { Host } from '../host';
import { startHost } from '../host';
import { SERVICES } from '../services';
let directory: string;
let host: Host;

interface Order {
  readonly id: string;
  readonly shop: string;
  readonly amount: number;
  readonly at: string;
}

const write = (name: string, text: string) => writeFileSync(join(directory, 'catalog', name), text);
const at = (hour: number) => `2001-01-01T${String(hour).padStart(2, '0')}:00:00Z`;

async function launch(): Promise<void> {
  host = await startHost({
    ...{ services: SERVICES, supervised: true, data: join(directory, 'data') },
    settings: readSettings({
      ...{ TENON_CATALOG: join(directory, 'catalog'), TENON_PORT: '0', TENON_CUT_EVERY: 'off' },
    }),
    logger: createLogger({ level: 'silent', name: 'test' }),
  });
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-restate-'));
  mkdirSync(join(directory, 'catalog', 'sources'), { recursive: true });
  mkdirSync(join(directory, 'catalog', 'products'));
  write(
    'sources/orders.yaml',
    'key: shop\nid: id\ntime: at\nschema: {type: object, properties: {id: {type: string}, shop: {type: string}, amount: {type: integer}, at: {type: string, format: date-time}}}\n',
  );
  for (const [name, topology] of [
    ['sales', 'lambda'],
    ['live', 'kappa'],
  ] as const) {
    write(
      `products/${name}.sql`,
      '-- with a CTE of its own\nWITH big AS (SELECT * FROM orders WHERE amount > 0)\nSELECT shop, sum(amount) AS total, count(*) AS n FROM big GROUP BY shop;\n',
    );
    write(`products/${name}.yaml`, `topology: ${topology}\ngenerations: 3\n`);
  }
  await launch();
});

afterEach(async () => {
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

const post = async (path: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(host.url + path, {
    method: 'POST',
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const get = async (path: string) => (await (await fetch(host.url + path)).json()) as Record<string, unknown>;

let receipt = '';
async function send(orders: readonly Order[], correlationId: string): Promise<void> {
  const sent = await post('/v1/sources/orders/events', orders, { 'x-correlation-id': correlationId });
  expect(sent).toMatchObject({ status: 202, body: { rejected: 0 } });
  receipt = sent.body['receipt'] as string;
}

/** Shop → [total, n]: what plain code makes of the events. */
function expected(orders: readonly Order[]): Record<string, [number, number]> {
  const totals: Record<string, [number, number]> = {};
  for (const { shop, amount } of orders.filter((one) => one.amount > 0)) {
    const [total, n] = totals[shop] ?? [0, 0];
    totals[shop] = [total + amount, n + 1];
  }
  return totals;
}

async function rows(product: string, version?: number) {
  const asked = version === undefined ? '' : `&version=${version}`;
  const answer = await get(`/v1/products/${product}/rows?after=${receipt}${asked}`);
  const all = (answer['rows'] ?? []) as { shop: string; total: number; n: number }[];
  return Object.fromEntries(all.map(({ shop, total, n }) => [shop, [total, n]]));
}

const isReady = (product: string, version: number) =>
  eventually('it is ready', async () => {
    const versions = (await get(`/v1/products/${product}`))['versions'] as {
      version: number;
      state: string;
    }[];
    return versions.some((one) => one.version === version && one.state === 'ready');
  });

const order = (n: number, hour = n % 24): Order => ({
  ...{ id: `o${n}`, shop: `s${n % 3}`, amount: n % 7, at: at(hour) },
});
const GOOD = Array.from({ length: 40 }, (_, n) => order(n));
const BAD = Array.from({ length: 10 }, (_, n) => ({ ...order(100 + n), amount: 1000 }));
const LATER = [order(200), { ...order(201), amount: 900 }];

test.each(['sales', 'live'])(
  '%s without a bad load, before a cut and after, across a restart',
  async (product) => {
    await send(GOOD, 'good');
    await send(BAD, "bad 'load'");
    expect((await post('/v1/cuts?wait=true')).status).toBe(202);
    expect(await rows(product)).toEqual(expected([...GOOD, ...BAD]));
    const rule = { correlationIds: ["bad 'load'"] };
    const asked = await post(`/v1/products/${product}/restate`, rule);
    expect(asked).toMatchObject({ status: 202, body: { step: 'restate', version: 2, served: 1 } });
    await isReady(product, 2);
    expect(await rows(product)).toEqual(expected([...GOOD, ...BAD]));
    expect((await post(`/v1/products/${product}/promote`)).status).toBe(200);
    await send(LATER, 'later');
    expect(await rows(product)).toEqual(expected([...GOOD, ...LATER]));
    expect(await rows(product, 1)).toEqual(expected([...GOOD, ...BAD, ...LATER]));
    // What was left out is filtered, and the ledger names the rule.
    const entry = async () =>
      ((await get('/v1/ledger'))['products'] as Record<string, unknown>[]).find(
        (one) => one['product'] === product,
      );
    const zero = [...GOOD, ...LATER].filter(({ amount }) => amount === 0).length;
    expect(await entry()).toMatchObject({
      ...{ version: 2, filtered: zero + BAD.length, restated: { of: 1, rules: [rule] } },
    });

    // A second rule joins the first one, and both hold on in another process.
    const more = { where: 'amount = 900 -- too much', from: at(0), replace: { amount: 'amount / 100' } };
    expect(await post(`/v1/products/${product}/restate?promote=true`, more)).toMatchObject({
      ...{ status: 202, body: { version: 3, served: 2 } },
    });
    await eventually('it is served', async () => (await get(`/v1/products/${product}`))['version'] === 3);
    await host.stop();
    await launch();
    const mended = LATER.map((one) => (one.amount === 900 ? { ...one, amount: 9 } : one));
    expect(await rows(product)).toEqual(expected([...GOOD, ...mended]));
    expect(await entry()).toMatchObject({
      version: 3,
      restated: { of: 2, rules: [rule, { where: more.where }] },
    });
    expect(await get(`/v1/products/${product}/generations`)).toMatchObject({ keeps: 3 });

    // Neither the same catalog, nor one with another topology, nor a switch takes them back.
    expect((await post('/v1/apply?promote=true')).status).toBeLessThan(300);
    expect(await get(`/v1/products/${product}`)).toMatchObject({ version: 3 });
    const states = (await get(`/v1/products/${product}`))['versions'] as { state: string }[];
    expect(states.filter(({ state }) => state === 'building' || state === 'ready')).toEqual([]);
    const other = product === 'sales' ? 'kappa' : 'lambda';
    write(`products/${product}.yaml`, `topology: ${other}\ngenerations: 3\n`);
    expect((await post('/v1/reload')).body['instances']).toMatchObject([{ outcome: 'reloaded' }]);
    await eventually('the other one is served', async () => (await entry())?.['version'] === 4);
    expect(await rows(product)).toEqual(expected([...GOOD, ...mended]));
    expect(await entry()).toMatchObject({ restated: { of: 2, rules: [rule, { where: more.where }] } });
    expect((await post(`/v1/products/${product}/switch?topology=lambda-separate`)).status).toBe(202);
    await eventually('it is switched', async () => (await entry())?.['version'] === 5);
    expect(await rows(product)).toEqual(expected([...GOOD, ...mended]));
    expect(await entry()).toMatchObject({ restated: { of: 2, rules: [rule, { where: more.where }] } });
  },
  60_000,
);

test('by id, by time, and by what the events are', async () => {
  await send(GOOD, 'good');
  for (const [body, left] of [
    [{ ids: ['o1', 'o2', "o'3"] }, GOOD.filter(({ id }) => !['o1', 'o2'].includes(id))],
    [{ from: at(5), to: at(7) }, GOOD.filter(({ at: when }) => when < at(5) || when >= at(7))],
    [{ where: 'amount > 4', from: at(12) }, GOOD.filter((one) => !(one.amount > 4 && one.at >= at(12)))],
    [
      { ids: ['o5'], correlationIds: ['none'], where: "shop = 's1'" },
      GOOD.filter(({ id, shop }) => id !== 'o5' && shop !== 's1'),
    ],
  ] as const) {
    const { status, body: step } = await post('/v1/products/sales/restate', body);
    expect(status).toBe(202);
    await isReady('sales', step['version'] as number);
    expect(await rows('sales', step['version'] as number)).toEqual(expected(left));
    expect((await post('/v1/products/sales/cancel')).status).toBe(200);
  }
});

const REFUSED: readonly (readonly [object, RegExp])[] = [
  [{}, /names no event/],
  [{ replace: { amount: '1' } }, /names no event/],
  [{ where: 'amount > 1', replace: {} }, /names no column/],
  [{ where: 'amuont > 1' }, /amuont/],
  [{ where: 'amount >' }, /^where: .*syntax/i],
  [{ where: 'amount > 1', replace: { amount: 'amount +' } }, /^replace amount: .*syntax/i],
  [{ from: '2024-01-02T00:00:00Z', to: '2024-01-01T00:00:00Z' }, /from is not before to/],
  [{ where: '1) = 1 OR (sum(amount)' }, /./],
  [{ where: 'random() > 0.5' }, /random/],
  [{ where: 'amount > 1', replace: { price: '1' } }, /does not read price/],
  [{ from: 'yesterday' }, /from: "yesterday" is no RFC 3339 time/],
  [{ id: ['o1'] }, /id/],
  [{ ids: [] }, /ids/],
];

test('what names no event, or can’t be planned, is refused with the reason, and nothing is built', async () => {
  for (const [body, detail] of REFUSED) {
    const answer = await post('/v1/products/sales/restate', body);
    expect([body, answer.status, answer.body['code']]).toEqual([body, 400, 'bad-restatement']);
    expect(answer.body['detail']).toMatch(detail);
  }
  expect((await get('/v1/products/sales'))['versions']).toHaveLength(1);
});
