import type { ServerResponse } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fake } from '../fake-server.fixture';
import { sendJson, startFake } from '../fake-server.fixture';
import { runLine } from '../run.fixture';

let fake: Fake;
beforeEach(async () => {
  fake = await startFake();
});
afterEach(() => fake.close());

/** Runs a command line against the fake. */
async function run(...args: string[]) {
  const talks =
    ['check', 'load', 'query', 'watch', 'cut', 'reload', 'status'].includes(args[0] ?? '') &&
    !args.includes('--help') &&
    !args.includes('--url');
  return runLine(...args, ...(talks ? ['--url', fake.url] : []));
}

const ANSWER = {
  topology: 'lambda',
  generation: 3,
  cut: { flights: { 0: 5 } },
  included: { flights: { 0: 9 } },
  behind: 0,
  status: 'provisional',
  at: 'now',
};
const row = (origin: string | null, flights: number | string, _status = 'final') => ({
  origin,
  flights,
  _cell: `c${origin}`,
  _status,
});

/** Answers as a product `hours` with these pages of rows. */
function serveProduct(
  pages: readonly (readonly object[])[],
  answers: readonly object[] = pages.map(() => ANSWER),
): void {
  fake.intercept = (request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname === '/v1/products/hours')
      return sendJson(response, 200, {
        name: 'hours',
        columns: [{ name: 'origin' }, { name: 'flights' }],
        window: null,
      });
    if (url.pathname !== '/v1/products/hours/rows') return false;
    const page = Number(url.searchParams.get('cursor') ?? 0);
    const next = page + 1 < pages.length ? String(page + 1) : null;
    return sendJson(response, 200, {
      product: 'hours',
      version: 1,
      rows: pages[page],
      answer: answers[page],
      next,
    });
  };
}

describe('tenon query', () => {
  it('prints a table, numbers to the right, and what the answer says of itself', async () => {
    serveProduct([[row('ATL', 12), row('O"R', 3, 'amended'), row(null, '9007199254740993')]]);
    const { code, out } = await run('query', 'hours');
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      ' origin           flights  status',
      expect.stringMatching(/^─+$/),
      ' ATL                   12  final',
      ' O"R                    3  amended',
      '         9007199254740993  final',
      '3 rows · provisional · generation 3 · nothing behind',
      '',
    ]);
  });

  it('passes the question on', async () => {
    serveProduct([[]]);
    const { out } = await run(
      'query',
      'hours',
      '--from',
      '2001-01-01',
      '--to',
      '2001-01-02',
      '--where',
      'origin=A=B',
      '--where',
      'x=',
      '--layer',
      'batch',
      '--after',
      'r',
      '--order',
      'desc',
    );
    expect(fake.requests[1]).toBe(
      'GET /v1/products/hours/rows?where.origin=A%3DB&where.x=&from=2001-01-01&to=2001-01-02&layer=batch&after=r&order=desc&limit=40',
    );
    expect(out).toContain('No rows.');
  });

  it('asks for columns that are called as options are, and for NULL', async () => {
    const columns = [{ name: 'limit' }, { name: 'from' }];
    fake.intercept = (request, response) =>
      sendJson(
        response,
        200,
        request.url!.includes('/rows') ? { rows: [], answer: ANSWER, next: null } : { columns },
      );
    await run('query', 'hours', '--where', 'limit=a', '--where-null', 'from', '--order', 'asc');
    expect(fake.requests[1]).toBe(
      'GET /v1/products/hours/rows?where.limit=a&null.from=true&order=asc&option.limit=40',
    );
  });

  it('--json passes a single page on as the server wrote it, and joins several', async () => {
    serveProduct([[row('ATL', 1)]]);
    const single = await run('query', 'hours', '--json');
    expect(JSON.parse(single.out)).toEqual({
      product: 'hours',
      version: 1,
      rows: [row('ATL', 1)],
      answer: ANSWER,
      next: null,
    });
    serveProduct([[row('ATL', 1)], [row('BOS', 2)], [row('CLT', 3)]]);
    const joined = await run('query', 'hours', '--format', 'json');
    expect(JSON.parse(joined.out)).toMatchObject({
      rows: [row('ATL', 1), row('BOS', 2), row('CLT', 3)],
      next: null,
    });
    expect(joined.err).toBe('');
  });

  it('ends at --limit and says that there is more', async () => {
    serveProduct([[row('ATL', 1)], [row('BOS', 2)], [row('CLT', 3)]]);
    const { out } = await run('query', 'hours', '--limit', '2');
    expect(out).toContain('BOS');
    expect(out).not.toContain('CLT');
    expect(out).toContain('the first 2 rows, there are more');
  });

  it('reads pages again that include different events, and says so if they stay different', async () => {
    const moved = { ...ANSWER, included: { flights: { 0: 10 } } };
    serveProduct([[row('ATL', 1)], [row('BOS', 2)]], [ANSWER, moved]);
    const { err, code } = await run('query', 'hours', '--format', 'csv');
    expect(fake.requests.filter((request) => request.includes('/rows'))).toHaveLength(4);
    expect(err).toContain('differ in what they include');
    expect(code).toBe(0);
    expect(JSON.parse((await run('query', 'hours', '--json')).out)).toMatchObject({
      consistent: false,
      answer: moved,
    });
  });

  it('shortens long fractions in a table, and nowhere else', async () => {
    serveProduct([[row('ATL', 1 / 3), row('BOS', 1234567.891), row('CLT', 1e-9)]]);
    const { out } = await run('query', 'hours');
    expect(out).toContain(' 0.333333 ');
    expect(out).toContain(' 1234567.89 ');
    expect(out).toContain(' 1e-9 ');
    expect((await run('query', 'hours', '--format', 'csv')).out).toContain('ATL,0.3333333333333333,');
  });

  it('prints CSV with quotes where they are needed', async () => {
    serveProduct([[row('A,"B"', 1), row(null, 2)]]);
    const { out } = await run('query', 'hours', '--format', 'csv');
    expect(out).toBe('origin,flights,_cell,_status\r\n"A,""B""",1,"cA,""B""",final\r\n,2,cnull,final\r\n');
  });

  it('keeps control characters of the data away from the terminal', async () => {
    serveProduct([[row('\u001b[2J', 1)]]);
    expect((await run('query', 'hours')).out).toContain('\\u001b[2J');
  });

  it('prints a problem: what, and how to mend it', async () => {
    fake.intercept = (_request, response) =>
      sendJson(response, 404, {
        code: 'unknown-product',
        title: 'Not Found',
        detail: 'There is no product hours. Products: days.',
      });
    expect(await run('query', 'hours')).toMatchObject({
      code: 1,
      out: '',
      err: 'error There is no product hours. Products: days. [unknown-product]\n',
    });
    const { err } = await run('query', 'hours', '--json');
    expect(JSON.parse(err)).toEqual({
      problems: [{ code: 'unknown-product', message: 'There is no product hours. Products: days.' }],
    });
  });
});

describe('tenon cut', () => {
  it('waits for the generation, and asks for a full one', async () => {
    fake.intercept = (_request, response) =>
      sendJson(response, 202, { epoch: 7, offsets: {}, generations: { hours: 7 } });
    expect((await run('cut', '--full')).out).toMatch(/^Generation 7 is served \(\d+ ms\)\.\n$/);
    expect((await run('cut', '--no-wait')).out).toMatch(/^Cut 7 is under way/);
    expect(JSON.parse((await run('cut', '--json', '--timeout', '5')).out)).toEqual({
      epoch: 7,
      offsets: {},
      generations: { hours: 7 },
    });
    expect(fake.requests).toEqual([
      'POST /v1/cuts?full=true&wait=true&timeout=3600000',
      'POST /v1/cuts',
      'POST /v1/cuts?wait=true&timeout=5000',
    ]);
  });

  it('fails if the batch does not get there in time', async () => {
    fake.intercept = (_request, response) =>
      sendJson(response, 504, { code: 'cut-timeout', detail: 'Cut 7 is made, but not served.' });
    expect(await run('cut')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Cut 7 is made, but not served. [cut-timeout]'),
    });
  });
});

describe('tenon status', () => {
  it('shows services and products', async () => {
    fake.intercept = (_request, response) =>
      sendJson(response, 200, {
        services: [
          { name: 'speed', ready: true, restarts: 2 },
          { name: 'batch', ready: false, reason: 'lake full', restarts: 0 },
        ],
        products: [
          {
            name: 'hours',
            version: 2,
            topology: 'kappa',
            generation: 4,
            behind: 1200,
            status: 'provisional',
          },
        ],
      });
    const { code, out } = await run('status');
    expect(code).toBe(0);
    expect(out).toMatch(/speed +ready +started again 2 times/);
    expect(out).toMatch(/batch +not ready +lake full/);
    expect(out).toMatch(/hours v2 +kappa +4 +1,200 +provisional/);
  });

  it('shows a line per instance, and warns of what is not as it should be', async () => {
    const common = { version: '1.2.3', ready: true, restarts: 0 };
    const [topic, states] = ['tenon.events.orders', 'tenon.states.hours'];
    fake.intercept = (_request, response) =>
      sendJson(response, 200, {
        bus: 'connected',
        services: [
          {
            ...{ ...common, name: 'speed', instance: 'b/7', uptime: 7300, catalog: 'aaaaaaaaaaaa' },
            ...{ partitions: { [topic]: { 0: 5, 1: 6, 3: 1 } }, lag: 1234 },
          },
          {
            ...{ ...common, name: 'consumption', instance: 'c/9', uptime: 59, catalog: 'bbbbbbbbbbbb' },
            ...{ partitions: { [topic]: { 0: 1 }, [states]: { 0: 1, 1: 2 }, other: {} } },
          },
          { name: 'batch', instance: 'd/1', ready: false, answering: false, reason: 'It does not answer.' },
        ],
        warnings: [
          { code: 'instance-silent', message: 'batch d/1 does not answer.', hint: 'Look there.' },
          {
            code: 'catalog-differs',
            message: 'speed b/7 runs the catalog aaaaaaaaaaaa, and not bbbbbbbbbbbb.',
          },
        ],
      });
    const { code, out, err } = await run('status');
    expect(code).toBe(0);
    expect(out).toMatch(/speed +b\/7 +1\.2\.3 +2 h +ready +events\.orders 0-1\+3 +1,234 +aaaaaaaa differs/);
    expect(out).toMatch(/batch +d\/1 +silent +It does not answer/);
    expect(out).toMatch(/consumption +c\/9 +1\.2\.3 +59 s +ready +3 of 3 topics +bbbbbbbb *\n/);
    expect(err).toMatch(
      /warning batch d\/1 does not answer\. \[instance-silent\]\n {2}Look there\.\nwarning speed/,
    );
  });
});

describe('tenon check', () => {
  let catalog: string;
  const SOURCE = {
    ...{ name: 'orders', key: [], time: null, partitions: 4, dedupe: { window: 100_000 } },
    schema: { type: 'object', properties: { shop: { type: 'string' }, amount: { type: 'number' } } },
  };
  const runs = (source: object) => {
    fake.intercept = (request, response) =>
      request.url === '/v1/sources' && sendJson(response, 200, { log: 'one', sources: [source] });
  };
  beforeEach(() => {
    catalog = mkdtempSync(join(tmpdir(), 'tenon-check-'));
    mkdirSync(join(catalog, 'sources'));
    const schema = {
      ...SOURCE.schema,
      properties: { ...SOURCE.schema.properties, amount: { type: 'integer' } },
    };
    writeFileSync(
      join(catalog, 'sources/orders.yaml'),
      JSON.stringify({ schema: { ...schema, required: ['shop'] } }),
    );
  });
  afterEach(() => rmSync(catalog, { recursive: true }));

  it('warns of what would refuse the producers of the Tenon that runs', async () => {
    runs(SOURCE);
    const { code, out, err } = await run('check', '--catalog', catalog);
    expect([code, out]).toEqual([
      0,
      `1 source, 0 products, no problem.\nSources compared with those that run at ${fake.url}.\n`,
    ]);
    const file = join(catalog, 'sources/orders.yaml');
    expect(err).toContain(`warning ${file}  orders.shop is required now. [field-required]`);
    expect(err).toContain(
      `warning ${file}  orders.amount does not take number any more, only integer. [schema-narrowed]`,
    );
  });

  it('finds what it would refuse itself', async () => {
    runs({ ...SOURCE, partitions: 2, schema: true });
    const { code, out } = await run('check', '--catalog', catalog);
    expect(code).toBe(1);
    expect(out).toMatch(/in use with partitions: 2, so it can't become 4\..*\[source-changed\]/);
  });

  it.each<[string, () => void]>([
    ['is not there', () => undefined],
    ['does not tell its sources', () => runs({ name: 'orders' })],
    ['is none', () => void (fake.intercept = (_, response) => sendJson(response, 200, [1]))],
    ['hangs', () => void (fake.intercept = () => true)],
  ])('goes without a Tenon that %s', async (_what, prepare) => {
    prepare();
    const { code, out, err } = await run('check', '--catalog', catalog, '--json');
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ ok: true, warnings: [], comparedWith: null });
  });
});

describe('tenon reload', () => {
  const answer = (...instances: object[]) => {
    fake.intercept = (_request, response) =>
      sendJson(response, 200, { bus: 'connected', instances, warnings: [] });
  };
  const one = { instance: 'a/1', services: ['speed'], outcome: 'reloaded', catalog: 'cccccccccccc' };

  it('names each instance and what came of it', async () => {
    answer(one, { ...one, instance: 'a/2', services: ['batch'], outcome: 'unchanged' });
    const { code, out } = await run('reload');
    expect(code).toBe(0);
    expect(out).toMatch(/speed +a\/1 +runs it +cccccccc\b/);
    expect(out).toMatch(/batch +a\/2 +runs it already +cccccccc\b/);
    expect(fake.requests).toEqual(['POST /v1/reload']);
  });

  it('fails if one refuses it, with each problem once and where it lies', async () => {
    const problems = [
      { code: 'unknown-column', message: 'No such column.', place: { file: 'x.sql', line: 2 } },
    ];
    const refused = { ...one, outcome: 'refused', problems };
    answer(refused, { ...refused, instance: 'a/2' }, { ...one, instance: 'a/3' });
    const { code, out, err } = await run('reload');
    expect(code).toBe(1);
    expect(out).toMatch(/a\/2 +refused it/);
    expect(err).toContain('\na/1, a/2: x.sql:2  No such column. [unknown-column]\n');
    expect(await run('reload', '--json')).toMatchObject({ code: 1, out: expect.stringMatching(/^\{"bus"/) });
  });

  it('fails if one does not answer', async () => {
    answer(one, { instance: 'a/2', services: ['batch'], outcome: 'no-answer' });
    expect(await run('reload')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/batch +a\/2 +no answer/),
    });
  });
});

/** A stream whose connection is lost. */
function cutShort(response: ServerResponse, text: string): true {
  response.write(text, () => response.socket?.end());
  return true;
}

describe('tenon watch', () => {
  const message = (id: string, event: string, data: object) =>
    `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

  it('prints a line per row, and goes on with the last id after a lost connection', async () => {
    const ids: unknown[] = [];
    fake.intercept = (request, response) => {
      if (!request.url!.includes('/live'))
        return sendJson(response, 200, { columns: [{ name: 'origin' }, { name: 'flights' }], window: null });
      ids.push(request.headers['last-event-id']);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (ids.length === 1)
        return cutShort(
          response,
          `retry: 1000\n\n: hello\n\n${message('r.1', 'snapshot', { rows: [row('ATL', 1)], removed: [], answer: ANSWER })}`,
        );
      response.write(
        message('r.2', 'rows', { rows: [row('ATL', 2, 'provisional')], removed: [], answer: ANSWER }),
      );
      return true;
    };
    const { code, out, err } = await run('watch', 'hours', '--updates', '2', '--where', 'origin=ATL');
    expect(code).toBe(0);
    expect(out).toBe('origin=ATL flights=1 final\norigin=ATL flights=2 provisional\n');
    expect(err).toContain('connection lost');
    expect(ids).toEqual([undefined, 'r.1']);
    expect(fake.requests[1]).toBe('GET /v1/products/hours/live?where.origin=ATL');
  });

  it('shows the columns of the version that an ended stream goes on with', async () => {
    let version = 0;
    fake.intercept = (request, response) => {
      const name = version === 0 ? 'flights' : 'total';
      if (!request.url!.includes('/live'))
        return sendJson(response, 200, { columns: [{ name: 'origin' }, { name }], window: null });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const rows = [{ origin: 'ATL', [name]: 7, _cell: 'c', _status: 'final' }];
      const snapshot = message(`v${version}.1`, 'snapshot', { rows, removed: [], answer: ANSWER });
      if (version === 0) response.end(snapshot);
      else response.write(snapshot);
      version += 1;
      return true;
    };
    const { out, err } = await run('watch', 'hours', '--updates', '2');
    expect(out).toBe('origin=ATL flights=7 final\norigin=ATL total=7 final\n');
    expect(err).toBe('the server ended the stream, opening it again\n');
  });

  it('--json prints an object per update', async () => {
    fake.intercept = (request, response) => {
      if (!request.url!.includes('/live')) return sendJson(response, 200, {});
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(message('r.1', 'snapshot', { rows: [row('ATL', 1)], answer: ANSWER }));
      return true;
    };
    const { out } = await run('watch', 'hours', '--updates', '1', '--json');
    expect(JSON.parse(out)).toEqual({ event: 'snapshot', rows: [row('ATL', 1)], answer: ANSWER });
  });
});

describe('tenon load', () => {
  it('sums up, and fails if rows were refused', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tenon-command-'));
    const before = process.cwd();
    process.chdir(directory);
    process.env['XDG_STATE_HOME'] = directory;
    try {
      writeFileSync('a.ndjson', '{"n":1}\n{"n":2}\nnonsense\n');
      const { code, out } = await run('load', 'orders', 'a.ndjson');
      expect(code).toBe(1);
      expect(out).toMatch(
        /^a\.ndjson: 2 accepted, 1 rejected \(.*\)\n {2}1 malformed-json, first in row 3.*\n {2}rejected rows, with why: a\.ndjson\.rejected\.ndjson\n$/,
      );
      expect(readFileSync('a.ndjson.rejected.ndjson', 'utf8')).toContain('"row":3');
      const again = await run('load', 'orders', 'a.ndjson', '--json');
      expect(again.code).toBe(1);
      expect(JSON.parse(again.out)).toMatchObject({
        source: 'orders',
        accepted: 2,
        rejected: 1,
        receipt: expect.any(String),
        files: [{ rows: 3, resumedAfter: 0 }],
      });
    } finally {
      process.chdir(before);
      delete process.env['XDG_STATE_HOME'];
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('a wrong call', () => {
  it.each([
    [['qery', 'x'], /unknown command 'qery'[\s\S]*query/],
    [['query'], /missing required argument 'product'/],
    [['query', 'hours', '--limt', '3'], /unknown option '--limt'[\s\S]*--limit/],
    [['query', 'hours', '--limit', '0'], /whole number from 1/],
    [['query', 'hours', '--where', 'origin'], /dimension=value/],
    [['query', 'hours', '--where', 'a=1', '--where', 'a=2'], /a is given twice/],
    [['query', 'hours', '--format', 'xml'], /Allowed choices are table, json, csv/],
    [['query', 'hours', 'more'], /too many arguments/],
    [['query', 'hours', '--url', 'ftp://x'], /ftp:\/\/x is not a URL of a Tenon/],
    [['up', '--port', '70000'], /from 0 to 65535/],
    [['up', '--cut-every', 'often'], /30s, 5m or 1h/],
  ])('%j exits with 2', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });

  it('help and version are none, and every command has examples', async () => {
    expect(await run('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    for (const command of ['up', 'check', 'load', 'query', 'watch', 'cut', 'reload', 'status']) {
      const { code, out } = await run(command, '--help');
      expect([code, out]).toEqual([0, expect.stringContaining(`Examples:\n  tenon ${command}`)]);
      expect(out).toContain('--json');
    }
  });
});

it('a Tenon that is not there: says where, and how to start one', async () => {
  const { url } = fake;
  await fake.close();
  const { code, err } = await run('status', '--url', url);
  expect(code).toBe(1);
  expect(err).toBe(
    `error No Tenon answers at ${url}: nothing listens there. [unreachable]\n  Start one with \`npx tenon up\`, or say where it is with --url or TENON_URL.\n`,
  );
});
