import type { Fake } from '../fake-server.fixture';
import { sendJson, startFake } from '../fake-server.fixture';
import { runLine } from '../run.fixture';

let fake: Fake;
beforeEach(async () => {
  fake = await startFake();
});
afterEach(() => fake.close());

const run = (...args: string[]) => runLine('doctor', '--url', fake.url, ...args);

/** How a Tenon says that it is. */
function answer({
  alive = {},
  ready = {},
  status = {},
}: {
  alive?: object;
  ready?: object;
  status?: object;
}) {
  const answers: Readonly<Record<string, object>> = {
    '/healthz': { status: 'ok', ...alive },
    '/readyz': { status: 'ready', services: [{ service: 'speed', ok: true }], ...ready },
    '/v1/status': { services: [], products: [], warnings: [], ...status },
  };
  fake.intercept = (request, response) => {
    const found = answers[request.url ?? ''];
    return found === undefined ? false : sendJson(response, 200, found);
  };
}

test('where nothing is wrong it says so, and ends with 0', async () => {
  answer({});
  expect(await run()).toEqual({
    code: 0,
    out: `Nothing is wrong with Tenon at ${fake.url}.\n`,
    err: '',
  });
  expect(await run('--json')).toMatchObject({ code: 0, out: '{"problems":[]}\n' });
});

test.each([
  ['service-stuck', { alive: { status: 'stuck', reason: 'speed stands still.' } }, 'speed stands still.'],
  [
    'not-ready',
    { ready: { services: [{ service: 'batch', ok: false, reason: 'no lake' }] } },
    'batch: no lake',
  ],
  ['not-ready', { ready: { troubles: ['store: away'] } }, 'store: away'],
  ['product-incomplete', { status: { products: [{ name: 'p', version: 2, status: 'incomplete' }] } }, 'p v2'],
  ['disk-low', { status: { warnings: [{ code: 'disk-low', message: '0.1 GiB are left.' }] } }, '0.1 GiB'],
])('%s: it says what, and what to do, and ends with 1', async (code, wrong, message) => {
  answer(wrong);
  const { code: exit, out } = await run();
  expect(exit).toBe(1);
  expect(out).toContain(`[${code}]`);
  expect(out).toContain(message);
  const { problems } = JSON.parse((await run('--json')).out) as { problems: { code: string }[] };
  expect(problems.map((problem) => problem.code)).toEqual([code]);
});

test('a Tenon that is not there is a problem like others', async () => {
  const { url } = fake;
  await fake.close();
  const { code, out } = await run('--url', url);
  expect(code).toBe(1);
  expect(out).toContain('[unreachable]');
});

test('settings of this environment that no service would start with are named', async () => {
  answer({});
  process.env['TENON_NO_SUCH_SETTING'] = '1';
  try {
    const { code, out } = await run();
    expect(code).toBe(1);
    expect(out).toContain('TENON_NO_SUCH_SETTING');
  } finally {
    delete process.env['TENON_NO_SUCH_SETTING'];
  }
});

test('what the status says already is not said twice', async () => {
  const warnings = [
    { code: 'not-ready', message: 'Not ready: batch (a/1): no lake' },
    { code: 'archive-damaged', message: 'p v2, batch: a file is gone' },
  ];
  answer({
    ready: { services: [{ service: 'batch', ok: false, reason: 'no lake' }] },
    status: { warnings, products: [{ name: 'p', version: 2, status: 'incomplete' }] },
  });
  const { problems } = JSON.parse((await run('--json')).out) as { problems: object[] };
  expect(problems).toEqual(warnings);
});
