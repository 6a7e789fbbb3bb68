/** What one client, event, product or source may take: each budget set low, passed and told, while all else goes on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SETTINGS } from '@tenon/runtime';
import { eventually } from '@tenon/testing';
import { WELL } from './budgets/catalog';
import { readBudgets } from './budgets/document';
import { Limited } from './budgets/limited';

const HEAP_MB = 256;
const ENGINE_MB = 64;
/** What is neither V8's nor DuckDB's buffers: code, threads, TypeScript's loader, the store's file. */
const ELSE_MB = 300;

const LOW: Readonly<Record<string, string>> = {
  TENON_MAX_BODY: '100000',
  TENON_MAX_INFLATION: '20',
  TENON_MAX_BATCH: '1000',
  TENON_MAX_EVENT: '9000',
  TENON_MAX_KEY: '100',
  TENON_MAX_FUTURE: '1h',
  TENON_MAX_DEAD_LETTERS: '5',
  TENON_MAX_DEAD_LETTER_BYTES: '20000',
  TENON_MAX_REFUSED: '5',
  TENON_MAX_ROWS_PER_EVENT: '100',
  TENON_MAX_EPOCH_CELLS: '500',
  TENON_MAX_MICRO_BATCH: '2s',
  TENON_MAX_RUN: '2s',
  TENON_MAX_PLANNING: '5s',
  TENON_MAX_PLANNING_MEMORY: '16MiB',
  TENON_MAX_ANSWER: '300000',
  TENON_MAX_SENDING: '0',
  TENON_MAX_QUESTIONS: '1',
  TENON_MAX_WAITING_QUESTIONS: '3',
  TENON_MAX_STREAMS: '3',
  TENON_MAX_STREAMS_PER_ADDRESS: '2',
};

const PATIENT = { timeoutMs: 120_000, everyMs: 100 };
const BUDGETS = readBudgets();
const directory = mkdtempSync(join(tmpdir(), 'tenon-budgets-'));
let tenon: Limited;

beforeAll(async () => {
  tenon = await Limited.start(directory, {
    ...LOW,
    TENON_ENGINE_MEMORY: `${ENGINE_MB}MB`,
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
  });
});

afterAll(async () => {
  await tenon.stop();
  rmSync(directory, { recursive: true, force: true });
});

const range = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));
const letters = (count: number, size: number) =>
  tenon.send(
    'letters',
    range(count, () => ({ n: 'x'.repeat(size) })),
  );

/** Asks what nobody has asked before, in such numbers that some wait, until it is called. */
function pressure(): () => Promise<void> {
  let over = false;
  const ask = async (index: number) => {
    for (let round = 0; !over; round++) await tenon.rows('texts', `?who=${index}-${round}`);
  };
  const asking = Promise.all(range(8, ask));
  return async () => {
    over = true;
    await asking;
  };
}

const streams = async (addresses: readonly string[]) => {
  const opened = [];
  for (const address of addresses) opened.push(await tenon.live('texts', address));
  opened.forEach(({ close }) => close());
  return opened.map(({ status }) => status);
};

const answers = (product: string, expected: object) =>
  eventually(
    product,
    async () => {
      expect((await tenon.rows(product)).body).toMatchObject(expected);
      return true;
    },
    PATIENT,
  );

/** Setting → passes it, and looks at what is said. @returns what ends it, where it lasts */
const PASSED: Readonly<Record<string, () => Promise<void | (() => Promise<void>)>>> = {
  TENON_MAX_BODY: async () => {
    const answer = await tenon.send(
      'notes',
      range(20, () => ({ who: 'a', note: 'x'.repeat(8_000) })),
    );
    expect(answer).toMatchObject({ status: 413, body: { code: 'too-large', limit: 100_000 } });
  },
  TENON_MAX_INFLATION: async () => {
    const small = gzipSync(JSON.stringify({ who: 'a', note: 'x'.repeat(5_000) }));
    expect(await tenon.send('notes', small, { 'content-encoding': 'gzip' })).toMatchObject({
      ...{ status: 413 },
      body: { code: 'too-large', detail: expect.stringContaining('TENON_MAX_INFLATION') as string },
    });
  },
  TENON_MAX_BATCH: async () => {
    const answer = await tenon.send(
      'notes',
      range(1001, () => ({ who: 'a' })),
    );
    expect(answer).toMatchObject({ status: 413, body: { code: 'too-many-items', limit: 1000 } });
  },
  TENON_MAX_EVENT: async () => {
    const answer = await tenon.send('notes', { who: 'a', note: 'x'.repeat(9_500) });
    expect(answer).toMatchObject({ status: 413, body: { code: 'event-too-large' } });
  },
  TENON_MAX_KEY: async () => {
    const answer = await tenon.send('notes', { who: 'k'.repeat(101) });
    expect(answer).toMatchObject({ status: 422, body: { code: 'key-too-long' } });
  },
  TENON_MAX_FUTURE: async () => {
    const answer = await tenon.send('timed', { at: new Date(Date.now() + 2 * 3_600_000).toISOString() });
    expect(answer).toMatchObject({ status: 422, body: { code: 'time-in-future' } });
    await tenon.send('timed', { at: new Date().toISOString() });
  },
  TENON_MAX_DEAD_LETTERS: async () => {
    const { body } = await letters(100, 1);
    expect(body).toMatchObject({ accepted: 0, rejected: 100 });
    const { body: kept } = await tenon.call('/v1/dead-letters?source=letters&limit=100');
    expect((kept['letters'] as unknown[]).length).toBeLessThan(30);
  },
  TENON_MAX_DEAD_LETTER_BYTES: async () => {
    expect((await letters(10, 8_000)).body).toMatchObject({ accepted: 0, rejected: 10 });
  },
  TENON_MAX_REFUSED: async () => {
    const good = range(20, (index) => ({ text: String(index) }));
    await tenon.send('refusing', [...good, { text: 'x' }, { text: 'y' }]);
    await answers('cast', { rows: [{ n: 190 }], answer: { status: 'incomplete' } });
    expect(await tenon.troubles('cast')).toEqual(['many-refused']);
  },
  TENON_MAX_ROWS_PER_EVENT: async () => {
    expect(await tenon.refusedFor(hop('200000 seconds', '1 second'))).toEqual(['too-many-cells']);
    const good = range(50, () => ({ items: [1, 2] }));
    await tenon.send('lists', [{ items: range(101, (i) => i) }, ...good]);
    const rows = [1, 2].map((item) => ({ item, n: 50 }));
    await answers('fanned', { rows, answer: { deadLettered: 1 } });
  },
  TENON_MAX_EPOCH_CELLS: async () => {
    await tenon.send(
      'many',
      range(700, (k) => ({ k })),
    );
    await eventually(
      'isolated',
      async () => (await tenon.troubles('wide')).includes('epoch-too-large'),
      PATIENT,
    );
    expect((await tenon.rows('wide')).body['answer']).toMatchObject({ status: 'incomplete' });
    await tenon.counted('many_live', 'many');
  },
  TENON_MAX_MICRO_BATCH: async () => {
    await tenon.send(
      'slow',
      range(1000, (index) => ({ who: `w${index}` })),
    );
    await eventually(
      'isolated',
      async () => (await tenon.troubles('heavy')).includes('run-too-long'),
      PATIENT,
    );
    await tenon.counted('slow_live', 'slow');
  },
  TENON_MAX_RUN: async () => {
    await tenon.cut();
    const ran = async () => {
      const { body } = await tenon.call('/v1/products/heavy/rows');
      const { troubles = [] } = body['answer'] as { troubles?: readonly { code: string; layer: string }[] };
      return troubles.some(({ code, layer }) => code === 'run-too-long' && layer === 'batch');
    };
    await eventually('a run is given up', ran, PATIENT);
  },
  TENON_MAX_PLANNING: async () => {
    const sql = "SELECT max(levenshtein(repeat('x', 100000), repeat('y', 99999))) AS n FROM notes";
    expect(await tenon.refusedFor(sql)).toEqual(['plan-too-long']);
  },
  TENON_MAX_PLANNING_MEMORY: async () => {
    const numbers = range(20_000, (index) => index).join();
    const sql = `SELECT count(*) FILTER (n IN (${numbers})) AS n FROM notes`;
    expect(await tenon.refusedFor(sql)).toEqual(['plan-too-large']);
  },
  TENON_MAX_ANSWER: async () => {
    for (const part of range(4, (index) => index * 10)) {
      const some = range(10, (i) => ({ who: `w${part + i}`, note: 'x'.repeat(8_500), n: 1 }));
      const { body } = await tenon.send('notes', some);
      await tenon.rows('texts', `?limit=1&after=${body['receipt'] as string}&timeout=60000`);
    }
    const seen: string[] = [];
    for (let query: string | null = '?limit=1000'; query !== null;) {
      const { body } = await tenon.rows('texts', query);
      const rows = body['rows'] as readonly { who: string }[];
      expect(JSON.stringify(rows).length).toBeLessThan(310_000);
      seen.push(...rows.map(({ who }) => who));
      query = body['next'] === null ? null : `?limit=1000&cursor=${body['next'] as string}`;
    }
    expect(seen.filter((who) => who.startsWith('w')).sort()).toEqual(range(40, (i) => `w${i}`).sort());
  },
  TENON_MAX_QUESTIONS: async () => pressure(),
  // One alone may go: of several at once, of which the first has yet to be compressed, others are refused.
  TENON_MAX_SENDING: async () =>
    eventually(
      'a large page is refused',
      async () => {
        const asked = await Promise.all(range(3, () => tenon.rows('texts', '?limit=1000&order=desc')));
        return asked.some(({ status, body }) => status === 503 && body['code'] === 'too-many-questions');
      },
      PATIENT,
    ).then(() => undefined),
  TENON_MAX_WAITING_QUESTIONS: async () => pressure(),
  TENON_MAX_STREAMS: async () =>
    expect(await streams(['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'])).toEqual([200, 200, 200, 503]),
  TENON_MAX_STREAMS_PER_ADDRESS: async () =>
    eventually(
      '429',
      async () => (await streams(['127.0.0.1', '127.0.0.1', '127.0.0.1'])).at(-1) === 429,
    ).then(() => undefined),
};

const hop = (size: string, slide: string) =>
  `SELECT window_start, count(*) AS n FROM timed, hop(event_time, INTERVAL '${size}', INTERVAL '${slide}') GROUP BY ALL`;

test('the document names every budget, with its default, and each is tried here', () => {
  const settings = Object.keys(SETTINGS).filter((name) => name.startsWith('TENON_MAX_'));
  expect(BUDGETS.map(({ setting }) => setting).sort()).toEqual(settings.sort());
  expect(Object.keys(PASSED).sort()).toEqual(settings.sort());
  expect(Object.keys(LOW).sort()).toEqual(settings.sort());
  for (const budget of BUDGETS) {
    const { [budget.setting as keyof typeof SETTINGS]: setting } = SETTINGS;
    expect([budget.setting, setting.parse(undefined)]).toEqual([
      budget.setting,
      setting.parse(budget.default),
    ]);
    expect(budget.metric.name).toMatch(/^tenon_/);
  }
});

describe('what reaches a budget is told and counted', () => {
  test.each(BUDGETS.map((budget) => [budget.setting, budget.metric] as const))(
    '%s',
    async (setting, metric) => {
      const before = await tenon.metric(metric);
      const end = await PASSED[setting]?.();
      await eventually(
        `${metric.name} of ${setting}`,
        async () => (await tenon.metric(metric)) > before,
        PATIENT,
      );
      await end?.();
    },
    120_000,
  );
});

test('everything else went on, in either topology, and what stood still for its cells is well after a cut', async () => {
  for (const { source } of WELL)
    await tenon.send(source, source === 'timed' ? { at: '2024-01-01T00:00:00Z' } : {});
  await tenon.cut();
  for (const { source, product } of WELL) {
    await tenon.counted(product, source);
    expect((await tenon.rows(product)).body['answer']).toMatchObject({
      status: expect.not.stringMatching('incomplete') as string,
    });
  }
  await eventually('wide is well', async () => (await tenon.troubles('wide')).length === 0, PATIENT);
});

test('the process has never had more memory than its settings say', () => {
  expect(tenon.peak / 1e6).toBeLessThan(ELSE_MB + HEAP_MB + 2 * ENGINE_MB);
});
