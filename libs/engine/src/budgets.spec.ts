/** How much one call of the engine may take: the cells that it gives, the rows that it makes at a time, and its time. */
import { runTooLong } from '@tenon/errors';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { productOf, recordOf, sourceOf } from './testing/records';

const source = sourceOf({ i: { type: 'integer' } });
const ROWS = 9_000;
const EVENTS = 60;

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(() => engine.close());

const events: EngineEvent[] = Array.from({ length: EVENTS }, (_, i) => ({
  partition: i % 2,
  record: recordOf(i, { time: '2024-01-01T00:00:00Z', data: { i } }),
}));

const FANNED = `SELECT u % 7 AS k, count(*) AS n, sum(i) AS total, max(i) AS latest
  FROM (SELECT i, unnest(range(${ROWS})) AS u FROM events) GROUP BY k`;

async function aggregate(sql: string, budget?: object) {
  const plan = await engine.plan(source, productOf(sql));
  const batch = await engine.open(source, [plan], events);
  try {
    return await batch.aggregate(plan, budget);
  } finally {
    await batch.close();
  }
}

test('half a million rows of a few events are aggregated some at a time, to the states that they have together', async () => {
  const { partitions, refused } = await aggregate(FANNED);
  expect(refused).toEqual([]);
  for (const { partition, cells, ledger } of partitions) {
    const mine = events.filter((one) => one.partition === partition).map(({ record }) => record.offset);
    expect(ledger.aggregated).toBe(mine.length);
    expect(cells).toHaveLength(7);
    for (const { key, states } of cells) {
      const us = Array.from({ length: ROWS }, (_, u) => u).filter((u) => u % 7 === Number(key[0]));
      const sum = mine.reduce((all, i) => all + i, 0) * us.length;
      expect(JSON.stringify(states[0])).toBe(String(mine.length * us.length));
      expect(JSON.stringify(states)).toContain(String(sum));
      expect(JSON.stringify(states)).toContain(String(Math.max(...mine)));
    }
  }
});

test.each([
  ['of many events', 'SELECT event_id, count(*) AS n FROM events GROUP BY event_id', EVENTS],
  ['of many rows', FANNED, 14],
])('cells %s: as many as there may be, and not one more', async (_what, sql, cells) => {
  await expect(aggregate(sql, { mostCells: cells - 1 })).rejects.toMatchObject({ code: 'epoch-too-large' });
  const { partitions } = await aggregate(sql, { mostCells: cells });
  expect(partitions.reduce((sum, one) => sum + one.cells.length, 0)).toBe(cells);
});

test('what takes too long is ended with what its signal says, and the connection is as before', async () => {
  const error = runTooLong('product@1' as never, 1, 'TENON_MAX_RUN', false);
  const late = new AbortController();
  const slow = `SELECT sum(levenshtein(repeat(event_id, 100), repeat('y', 300 + u % 3))) AS n FROM (SELECT event_id, unnest(range(${ROWS})) AS u FROM events)`;
  const running = aggregate(slow, { signal: late.signal });
  setImmediate(() => late.abort(error));
  await expect(running).rejects.toBe(error);
  const { partitions } = await aggregate('SELECT count(*) AS n FROM events');
  expect(partitions.map(({ ledger }) => ledger.aggregated)).toEqual([EVENTS / 2, EVENTS / 2]);
});
