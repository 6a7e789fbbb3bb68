import type { Fake } from '../fake-server.fixture';
import { sendJson, startFake } from '../fake-server.fixture';
import { runLine } from '../run.fixture';

let fake: Fake;
/** What `GET /v1/products` says, one after the other; the last one stays. */
let listed: object[][];
/** What a step is answered with. */
let answers: (readonly [status: number, body: object])[];

beforeEach(async () => {
  fake = await startFake();
  listed = [[]];
  answers = [];
  fake.intercept = (request, response) => {
    if (request.url === '/v1/products') {
      const versions = listed.length > 1 ? listed.shift() : listed[0];
      return sendJson(response, 200, { products: [{ name: 'routes', versions }] });
    }
    if (request.method !== 'POST') return false;
    const [status, body] = (answers.length > 1 ? answers.shift() : answers[0]) ?? [200, {}];
    return sendJson(response, status, body);
  };
});
afterEach(() => fake.close());

const run = (...args: string[]) => runLine(...args, '--url', fake.url);
const posted = () => fake.requests.filter((one) => one.startsWith('POST'));

const SERVED = { version: 1, state: 'served' };
const version = (state: string, more: object = {}) => ({
  version: 2,
  state,
  promotes: 'on command',
  ...more,
});
const building = (percent: number) => version('building', { percent, behind: 100 - percent });
const MOVED = { product: 'routes', step: 'promote', version: 2, served: 2, before: 1 };
const RELOADED = {
  bus: 'connected',
  instances: [{ instance: 'a', services: ['serving'], outcome: 'reloaded' }],
};

test('apply says how far what it builds is, and ends once it is ready', async () => {
  answers = [[200, RELOADED]];
  listed = [[SERVED], [SERVED, building(0)], [SERVED, building(43)], [SERVED, version('ready')]];
  const { code, out, err } = await run('apply');
  expect(code).toBe(0);
  expect(err).toContain('routes v2 building 43 %, 57 records behind\nroutes v2 ready\n');
  expect(out).toContain('routes v2 is ready: tenon promote routes\n');
  expect(posted()).toEqual(['POST /v1/apply']);
});

test('apply --promote ends once it is served; with a trouble it does not become so, which is a failure', async () => {
  answers = [[200, RELOADED]];
  const auto = { promotes: 'by itself' };
  listed = [
    [SERVED],
    [SERVED, version('ready', auto)],
    [
      { version: 1, state: 'kept' },
      { version: 2, state: 'served' },
    ],
  ];
  const { code, out } = await run('apply', '--promote', '--json');
  expect([code, JSON.parse(out)]).toEqual([
    0,
    { ...RELOADED, versions: [{ product: 'routes', version: 2, state: 'served' }] },
  ]);
  expect(posted()).toEqual(['POST /v1/apply?promote=true']);
  const troubles = [{ code: 'hole-in-log', reason: 'Records are missing.' }];
  listed = [[SERVED], [SERVED, version('ready', { ...auto, troubles })]];
  const failed = await run('apply', '--promote');
  expect(failed.code).toBe(1);
  expect(failed.err).toContain('routes v2: Records are missing. [hole-in-log]');
});

test('throttle goes along with what is built, is told, and is a step of its own', async () => {
  answers = [[202, { ...MOVED, step: 'reprocess', served: 1 }]];
  listed = [
    [SERVED, version('building', { percent: 10, behind: 90, throttle: 50_000 })],
    [SERVED, version('ready')],
  ];
  const { code, err } = await run('reprocess', 'routes', '--throttle', '50000');
  expect([code, posted().at(-1)]).toEqual([0, 'POST /v1/products/routes/reprocess?throttle=50000']);
  expect(err).toContain('routes v2 building 10 %, 90 records behind, at most 50,000 events/s\n');
  answers = [[200, MOVED]];
  expect(await run('throttle', 'routes', '2000')).toMatchObject({
    ...{ code: 0, out: 'routes v2 is built by 2,000 events a second at most.\n' },
  });
  expect(posted().at(-1)).toBe('POST /v1/products/routes/throttle?throttle=2000');
  expect(await run('throttle', 'routes')).toMatchObject({ out: 'routes v2 is built as fast as can be.\n' });
  expect(posted().at(-1)).toBe('POST /v1/products/routes/throttle');
  expect(await run('throttle', 'routes', '0')).toMatchObject({ code: 2 });
});

test('apply of a catalog that is refused builds nothing', async () => {
  const problems = [{ code: 'sql', message: 'No.' }];
  answers = [[200, { instances: [{ instance: 'a', services: [], outcome: 'refused', problems }] }]];
  expect(await run('apply')).toMatchObject({ code: 1, err: expect.stringContaining('a: No. [sql]') });
});

test('what is cancelled while it is waited for, or is not done in time, is a failure', async () => {
  answers = [[202, { ...MOVED, step: 'reprocess', served: 1 }]];
  listed = [
    [SERVED, building(10)],
    [SERVED, version('dropping')],
  ];
  expect(await run('reprocess', 'routes')).toMatchObject({
    ...{ code: 1, err: expect.stringContaining('[version-gone]') },
  });
  listed = [[SERVED, building(10)]];
  expect(await run('reprocess', 'routes', '--timeout', '1')).toMatchObject({
    ...{ code: 1, err: expect.stringContaining('[not-in-time]') },
  });
  const { code } = await run('reprocess', 'routes', '--no-wait', '--promote');
  expect([code, posted().at(-1)]).toEqual([0, 'POST /v1/products/routes/reprocess?promote=true']);
});

test('promote passes its condition on; where it does not hold, nothing else is tried', async () => {
  answers = [[409, { code: 'condition-not-met', detail: 'changed 7', hint: 'tenon diff' }]];
  const { code, err } = await run('promote', 'routes', '2', '--if', 'changed < 5', '--json');
  expect([code, JSON.parse(err)]).toEqual([
    1,
    { problems: [{ code: 'condition-not-met', message: 'changed 7', hint: 'tenon diff' }] },
  ]);
  expect(posted()).toEqual(['POST /v1/products/routes/promote?version=2&if=changed+%3C+5']);
});

test('promote makes a cut where both have none in common to be compared at', async () => {
  answers = [
    [409, { code: 'diff-apart', detail: 'No cut.' }],
    [202, { epoch: 4 }],
    [200, MOVED],
  ];
  expect(await run('promote', 'routes', '--if', 'changed < 5')).toMatchObject({
    ...{ code: 0, out: 'routes answers with v2, before with v1.\n' },
  });
  expect(posted()[1]).toBe('POST /v1/cuts?wait=true&timeout=60000');
  answers = [[409, { code: 'diff-apart', detail: 'No cut.' }]];
  expect(await run('promote', 'routes', '--if', 'changed < 5', '--no-cut')).toMatchObject({ code: 1 });
});

test('promote --wait waits until it is ready', async () => {
  answers = [[200, MOVED]];
  listed = [
    [SERVED, building(1)],
    [SERVED, building(2)],
    [SERVED, version('ready')],
  ];
  expect(await run('promote', 'routes', '--wait')).toMatchObject({ code: 0 });
  expect(fake.requests.filter((one) => one.startsWith('GET'))).toHaveLength(3);
});

test.each([
  ['rollback', 'routes answers with v2, before with v1.\n'],
  ['pause', 'routes v2 stands still.\n'],
  ['resume', 'routes v2 is built on.\n'],
  ['cancel', 'routes v2 is given up.\n'],
])('%s is one step', async (step, out) => {
  answers = [[200, MOVED]];
  expect(await run(step, 'routes')).toEqual({ code: 0, out, err: '' });
  expect(fake.requests).toEqual([`POST /v1/products/routes/${step}`]);
});

test('drop names a version; without one it is called wrongly', async () => {
  answers = [[200, MOVED]];
  expect(await run('drop', 'routes', '1')).toMatchObject({ code: 0 });
  expect(fake.requests).toEqual(['POST /v1/products/routes/drop?version=1']);
  expect((await run('drop', 'routes')).code).toBe(2);
  expect((await run('drop', 'routes', 'x')).code).toBe(2);
});

test('switch says how far it is, ends once it is served, and says what the catalog is to have', async () => {
  const auto = { promotes: 'by itself' };
  answers = [[202, { ...MOVED, step: 'switch', served: 1 }]];
  listed = [[SERVED, building(43)], [SERVED, version('ready', auto)], [{ version: 2, state: 'served' }]];
  const { code, out, err } = await run('switch', 'routes', '--topology', 'kappa');
  expect([code, out]).toEqual([0, 'routes v2 is served\n']);
  expect(err).toContain('routes v2 building 43 %, 57 records behind\nroutes v2 ready\nroutes v2 served\n');
  expect(err).toContain('Write topology: kappa into products/routes.yaml');
  expect(posted()).toEqual(['POST /v1/products/routes/switch?topology=kappa']);
});

test('switch back is there at once; one that has a trouble is not served, which is a failure', async () => {
  answers = [[202, { ...MOVED, step: 'switch', version: 1, served: 1, before: 2 }]];
  listed = [[SERVED]];
  expect(await run('switch', 'routes', '--topology', 'lambda')).toMatchObject({
    ...{ code: 0, out: 'routes answers with v1, before with v2.\n' },
  });
  answers = [[202, { ...MOVED, step: 'switch', served: 1 }]];
  const troubles = [{ code: 'hole-in-log', reason: 'Records are missing.' }];
  listed = [[SERVED, version('ready', { promotes: 'by itself', troubles })]];
  expect(await run('switch', 'routes', '--topology', 'kappa')).toMatchObject({ code: 1 });
  expect(await run('switch', 'routes', '--topology', 'delta')).toMatchObject({ code: 2 });
  expect(await run('switch', 'routes')).toMatchObject({ code: 2 });
});
