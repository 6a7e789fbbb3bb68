import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Client } from '../cli/client';
import type { Output } from '../cli/output';
import type { Fake, SentEvent } from '../fake-server.fixture';
import { bodyOf, sendJson, startFake } from '../fake-server.fixture';
import { loadAll, summary } from './load-all';
import type { LoadOptions } from './load-all';

let fake: Fake;
let client: Client;
let directory: string;
let before: string;
const said: string[] = [];
const output: Output = {
  exitCode: 0,
  out: { write: (text: string) => said.push(text) },
  err: { write: (text: string) => said.push(text) },
};

beforeEach(async () => {
  fake = await startFake();
  client = new Client(fake.url);
  directory = mkdtempSync(join(tmpdir(), 'tenon-load-'));
  before = process.cwd();
  process.chdir(directory); // rejected rows are written where the command runs
  process.env['XDG_STATE_HOME'] = join(directory, 'state');
  said.length = 0;
});
afterEach(async () => {
  process.chdir(before);
  delete process.env['XDG_STATE_HOME'];
  client.close();
  await fake.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Breaks the connection instead of an answer. */
function drop(response: ServerResponse): true {
  response.destroy();
  return true;
}

const never = new AbortController().signal;

/** Loads files into the source `orders`, three rows a request. */
const load = (files: string[], options: Partial<LoadOptions> = {}) =>
  loadAll(
    client,
    'orders',
    files,
    { batch: 3, quiet: true, fromStart: false, catalog: 'nope', patienceMs: 5000, signal: never, ...options },
    output,
  );

const write = (name: string, lines: readonly string[]) =>
  writeFileSync(name, lines.map((line) => `${line}\n`).join(''));
const numbered = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => `{"n":${from + index}}`);
const sentData = () => fake.events.map((event) => (event.data as { n: number }).n);
const distinctIds = () => new Set(fake.events.map((event) => event.id)).size;

describe('a load', () => {
  it('sends every row once, in order, under ids that only the content and the row decide', async () => {
    write('a.ndjson', numbered(8));
    const [loaded] = await load(['a.ndjson']);
    expect(loaded).toMatchObject({
      rows: 8,
      accepted: 8,
      rejected: 0,
      resumedAfter: 0,
      complete: true,
      rejectedFile: null,
    });
    expect(sentData()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(fake.requests.filter((request) => request.startsWith('POST'))).toHaveLength(3);
    const ids = fake.events.map((event) => event.id);
    expect(distinctIds()).toBe(8);

    write('elsewhere.ndjson', numbered(8));
    await load(['elsewhere.ndjson'], { fromStart: true });
    expect(fake.events.slice(8).map((event) => event.id)).toEqual(ids);
    expect(new Set(fake.events.map((event) => event.source))).toEqual(new Set(['tenon:load']));
  });

  it('passes on every digit', async () => {
    write('a.ndjson', ['{"price": 12.50, "big": 12345678901234567890, "tiny": 1e-400}']);
    await load(['a.ndjson']);
    expect(fake.events[0]!.line).toContain(
      '"data":{"price": 12.50, "big": 12345678901234567890, "tiny": 1e-400}}',
    );
  });

  it('lets CloudEvents keep their own ids, and skips blank lines', async () => {
    const event = '{"specversion":"1.0","id":"own","source":"shop","type":"order","data":{"n":1}}';
    write('a.ndjson', [event, '', '{"specversion":"1.0","n":2}']);
    const [loaded] = await load(['a.ndjson']);
    expect(loaded).toMatchObject({ accepted: 2 });
    expect(fake.events[0]!.line).toBe(event);
    expect(fake.events[1]).toMatchObject({
      id: expect.stringMatching(/-3$/),
      data: { specversion: '1.0', n: 2 },
    });
  });

  it('reads files that are compressed', async () => {
    writeFileSync('a.ndjson.gz', gzipSync(numbered(4).join('\n')));
    await load(['a.ndjson.gz']);
    expect(sentData()).toEqual([1, 2, 3, 4]);
  });

  it('takes the types of CSV from the schema that the server tells', async () => {
    fake.schema = {
      properties: {
        zip: { type: 'string' },
        n: { type: ['integer', 'null'] },
        at: { type: 'string', format: 'date-time' },
      },
    };
    write('a.csv', ['zip,n,at,other', '01234,7,2001-01-01 00:01:00,x', '99999,,2001-01-01T00:02+02,']);
    await load(['a.csv']);
    expect(fake.events.map((event) => event.data)).toEqual([
      { zip: '01234', n: 7, at: '2001-01-01T00:01:00Z', other: 'x' },
      { zip: '99999', n: null, at: '2001-01-01T00:02:00+02:00' },
    ]);
  });
});

describe('a load that is repeated', () => {
  it('sends nothing again once the file is in', async () => {
    write('a.ndjson', numbered(5));
    const first = await load(['a.ndjson']);
    const again = await load(['a.ndjson']);
    expect(sentData()).toHaveLength(5);
    expect(again[0]).toMatchObject({
      rows: 5,
      accepted: 5,
      resumedAfter: 5,
      complete: true,
      receipt: first[0]!.receipt,
    });
  });

  it('goes on where an interrupted one was', async () => {
    write('a.ndjson', numbered(20));
    const stop = new AbortController();
    fake.judge = (event) => {
      if ((event.data as { n: number }).n === 5) stop.abort();
      return null;
    };
    const [first] = await load(['a.ndjson'], { signal: stop.signal });
    expect(first).toMatchObject({ complete: false, rows: 6 });
    const [second] = await load(['a.ndjson']);
    expect(second).toMatchObject({ complete: true, rows: 20, accepted: 20, resumedAfter: 6 });
    expect(sentData()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('sends only what a file has grown by, and the ids go on', async () => {
    write('a.ndjson', numbered(5));
    await load(['a.ndjson']);
    appendFileSync('a.ndjson', '{"n":6}\n{"n":7}\n');
    const [second] = await load(['a.ndjson']);
    expect(second).toMatchObject({ rows: 7, resumedAfter: 5 });
    expect(sentData()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(fake.events.map((event) => event.id.split('-')[0])).size).toBe(1);
    await load(['a.ndjson']);
    expect(fake.events).toHaveLength(7);
  });

  it('takes another file for another file, even if it begins the same', async () => {
    write('a.ndjson', numbered(3));
    write('b.ndjson', ['{"n":1}', '{"n":99}']);
    await load(['a.ndjson', 'b.ndjson']);
    expect(sentData()).toEqual([1, 2, 3, 1, 99]);
    expect(distinctIds()).toBe(5);
  });

  it('begins anew where nobody says which log it is: the ids have to do', async () => {
    fake.log = null;
    write('a.ndjson', numbered(4));
    await load(['a.ndjson']);
    await load(['a.ndjson']);
    expect(fake.events).toHaveLength(8);
    expect(distinctIds()).toBe(4);
  });

  it('begins anew with another log, since that one has nothing yet', async () => {
    write('a.ndjson', numbered(4));
    await load(['a.ndjson']);
    fake.log = 'two';
    await load(['a.ndjson']);
    expect(sentData()).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(distinctIds()).toBe(4);
  });
});

describe('rows that are refused', () => {
  it('are written down with their numbers and why, and come back from the checkpoint', async () => {
    fake.judge = ({ data }) =>
      (data as { n: number }).n % 4 === 0
        ? { code: 'schema-violation', pointer: '/data/n', detail: 'no' }
        : null;
    write('a.ndjson', [...numbered(7), '{"n": 08}', '{"n":9}']);
    const [loaded] = await load(['a.ndjson']);
    expect(loaded).toMatchObject({
      rows: 9,
      accepted: 7,
      rejected: 2,
      rejectedFile: 'a.ndjson.rejected.ndjson',
    });
    expect(readFileSync('a.ndjson.rejected.ndjson', 'utf8')).toBe(
      '{"file":"a.ndjson","row":4,"code":"schema-violation","pointer":"/n","detail":"no","data":{"n":4}}\n' +
        '{"file":"a.ndjson","row":8,"code":"malformed-json","text":"{\\"n\\": 08}"}\n',
    );
    const [again] = await load(['a.ndjson']);
    expect(again).toMatchObject({ rejected: 2, complete: true });
    // The schema is mended: they are sent again, each with its id, and nothing else is.
    fake.judge = () => null;
    const before = fake.events.length;
    const [mended] = await load(['a.ndjson']);
    expect(mended).toMatchObject({ rows: 9, accepted: 8, rejected: 1, complete: true });
    expect(mended?.reasons).toMatchObject([{ code: 'malformed-json', count: 1, row: 8 }]);
    expect(fake.events.slice(before)).toMatchObject([{ id: expect.stringMatching(/-4$/), data: { n: 4 } }]);
  });

  it('of CSV with too few or too many fields are not sent', async () => {
    write('a.csv', ['n,m', '1,2', '3', '4,5,6', '7,"8']);
    const [loaded] = await load(['a.csv']);
    expect(loaded).toMatchObject({ accepted: 1, rejected: 3 });
    const rejected = readFileSync('a.csv.rejected.ndjson', 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(rejected).toEqual([
      { file: 'a.csv', row: 2, code: 'csv-row', detail: 'Line 3 has 1 field, the header has 2.', data: 3 },
      {
        file: 'a.csv',
        row: 3,
        code: 'csv-row',
        detail: 'Line 4 has 3 fields, the header has 2.',
        text: '4,5,6',
      },
      {
        file: 'a.csv',
        row: 4,
        code: 'csv-row',
        detail: 'Line 5 has a quote that is never closed.',
        text: '7,"8',
      },
    ]);
  });

  it('of an earlier load are forgotten when the file is loaded from its start', async () => {
    writeFileSync('a.ndjson.rejected.ndjson', 'old');
    write('a.ndjson', numbered(1));
    await load(['a.ndjson']);
    expect(existsSync('a.ndjson.rejected.ndjson')).toBe(false);
  });
});

describe('a server that falters', () => {
  it('is sent the same parcel again: after a lost connection, a lost answer, and when it is busy', async () => {
    let posts = 0;
    fake.intercept = async (request, response) => {
      if (request.method !== 'POST') return false;
      posts += 1;
      if (posts === 2) return drop(response);
      if (posts === 4) {
        // Taken, but the answer is lost: the ids say that the repeat is one.
        for (const line of (await bodyOf(request)).trim().split('\n'))
          fake.events.push({ ...(JSON.parse(line) as SentEvent), line });
        return drop(response);
      }
      return posts === 6
        ? sendJson(response, 503, { code: 'unavailable', detail: 'full' }, { 'retry-after': '0' })
        : false;
    };
    write('a.ndjson', numbered(12));
    const [loaded] = await load(['a.ndjson']);
    expect(loaded).toMatchObject({ accepted: 12, rejected: 0, complete: true });
    expect(new Set(sentData()).size).toBe(12);
    expect(distinctIds()).toBe(12);
    expect(fake.events.length).toBe(15);
  });

  it('is given up in the end, with a word on how to go on', async () => {
    write('a.ndjson', numbered(7));
    fake.intercept = (request, response) =>
      request.method === 'POST' && fake.events.length >= 3
        ? sendJson(response, 503, { code: 'unavailable', detail: 'The log is full.' })
        : false;
    await expect(load(['a.ndjson'], { patienceMs: 300 })).rejects.toMatchObject({
      exitCode: 1,
      problems: [
        {
          code: 'gave-up',
          message: expect.stringContaining('The log is full.'),
          hint: expect.stringContaining('again'),
        },
      ],
    });
    fake.intercept = () => false;
    await load(['a.ndjson']);
    expect(sentData()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('that does not know the source says so at once', async () => {
    write('a.ndjson', numbered(1));
    await expect(
      loadAll(
        client,
        'nope',
        ['a.ndjson'],
        { batch: 3, quiet: true, fromStart: false, catalog: 'x', patienceMs: 5000, signal: never },
        output,
      ),
    ).rejects.toMatchObject({
      problems: [{ code: 'unknown-source' }],
    });
  });
});

describe('files that are no good', () => {
  it.each<[string, string | Uint8Array | null, string]>([
    ['nope.csv', null, 'file-unreadable'],
    ['data.bin', 'x', 'file-format'],
    ['array.json', ' [{"n":1}]', 'file-format'],
    ['latin.csv', Buffer.from('n\n\xe9\n', 'latin1'), 'not-utf8'],
    ['empty.csv', '', 'file-empty'],
    ['twice.csv', 'n,n\n1,2\n', 'csv-header'],
    ['broken.parquet', 'PAR1 not', 'file-unreadable'],
    ['broken.ndjson.gz', 'not gzip', 'file-unreadable'],
  ])('%s', async (name, content, code) => {
    if (content !== null) writeFileSync(name, content);
    await expect(load([name])).rejects.toMatchObject({
      exitCode: 1,
      problems: [{ code, place: { file: name } }],
    });
    expect(fake.events).toEqual([]);
  });
});

describe('ids from the rows', () => {
  it('are those of the source, whatever file brings them; a row without one is refused here', async () => {
    write('a.csv', ['no,name', '7,x', ',y', '9007199254740993,z']);
    fake.schema = { properties: { no: { type: 'integer' }, name: { type: 'string' } } };
    const [loaded] = await load(['a.csv'], { id: ['no'] });
    expect(fake.events.map(({ id, source }) => [id, source])).toEqual([
      ['7', '/orders'],
      ['9007199254740993', '/orders'],
    ]);
    expect(loaded).toMatchObject({
      rows: 3,
      accepted: 2,
      rejected: 1,
      reasons: [{ code: 'id-missing', row: 2 }],
    });
    await load(['a.csv'], { id: ['no', 'name'] });
    expect(fake.events.slice(2).map(({ id }) => id)).toEqual([
      JSON.stringify(['7', 'x']),
      JSON.stringify(['9007199254740993', 'z']),
    ]);
  });

  it('are a load of their own: what was loaded under the file’s ids is not loaded under these', async () => {
    write('a.ndjson', numbered(4));
    await load(['a.ndjson']);
    await load(['a.ndjson'], { id: ['n'] });
    await load(['a.ndjson'], { id: ['n'] });
    expect(sentData()).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(distinctIds()).toBe(8);
  });
});

it('what became of the rows is told: what was there before, and what contradicts it', async () => {
  write('a.ndjson', numbered(5));
  let looks = 0;
  fake.intercept = (request, response) => {
    const sent = fake.events.length;
    // Judged a while after it was sent.
    if (request.url === '/v1/ledger') {
      looks += 1;
      const included = { '0': looks < 4 ? 0 : sent };
      const products = [{ source: 'orders', included, duplicate: sent === 0 ? 10 : 12 }];
      return sendJson(response, 200, { products });
    }
    const count = sent === 0 ? 1 : 2;
    const deadLetters = [{ source: 'orders', reason: 'id-conflict', count }];
    return (
      request.url === '/v1/status' && sendJson(response, 200, { services: [], products: [], deadLetters })
    );
  };
  const [loaded] = await load(['a.ndjson']);
  expect(loaded).toMatchObject({ accepted: 5, duplicates: 2, conflicts: 1 });
  const told = summary(loaded!, output);
  expect(told).toContain('2 were there before, and count once');
  expect(told).toContain('1 have the id of another event');
});

it('says that rows were refused, and not loaded, where nothing tells which', async () => {
  write('a.ndjson', numbered(4));
  fake.judge = ({ data }) => ((data as { n: number }).n > 2 ? { code: 'schema-violation' } : null);
  await load(['a.ndjson']);
  rmSync('a.ndjson.rejected.ndjson');
  await load(['a.ndjson'], { quiet: false });
  expect(said.join('')).toContain('of 4 rows 2 were loaded before, and 2 refused.');
  expect(sentData()).toEqual([1, 2]);
});
