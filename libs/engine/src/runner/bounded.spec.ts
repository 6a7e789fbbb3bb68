import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { distinctState } from '@tenon/domain';
import type { State, StateSpec, Value } from '@tenon/domain';
import type { Engine } from '@tenon/ports';
import { createEngine } from '../engine';
import { productOf, sourceOf } from '../testing/records';

describe('a range with cells of more values than a state keeps', () => {
  const source = sourceOf({ user: { type: 'string' }, size: { type: 'integer' }, kind: { type: 'string' } });
  const ROWS = 150_000;
  let directory: string;
  let path: string;
  let engine: Engine;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenon-bounded-'));
    path = join(directory, 'archive.parquet');
    engine = await createEngine({ threads: 2, memoryLimit: '256MB' });
    // 150,000 users and sizes in one cell, ten in each of a thousand others.
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (
      SELECT 0 AS __partition, i AS __offset, TIMESTAMP '2024-01-01' AS __timestamp, 'event' AS __mark, NULL::BLOB AS __key,
        NULL::BLOB AS __value, '{}' AS __headers, NULL::VARCHAR AS __unreadable, 'user-' || i AS user,
        CASE WHEN i % 15 = 0 THEN i % 10 ELSE i END AS size, CASE WHEN i % 15 = 0 THEN 'k' || (i // 15 % 1000) ELSE 'big' END AS kind,
        'id-' || i AS event_id, TIMESTAMP '2024-01-01' AS event_time, 'c' AS correlation_id
      FROM range(${ROWS}) AS t(i)) TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
    instance.closeSync();
  });

  afterAll(async () => {
    await engine.close();
    rmSync(directory, { recursive: true });
  });

  async function cellsOf(sql: string) {
    const plan = await engine.plan(source, productOf(sql));
    const result = await engine.aggregateArchive(source, plan, [
      { partition: 0, from: 0, to: ROWS, paths: [path] },
    ]);
    const cells = new Map<string, readonly State[]>();
    for await (const chunk of result.cells)
      for (const { key, states } of chunk) cells.set(JSON.stringify(key), states);
    expect(result.ledger.aggregated).toBe(ROWS);
    return { plan, cells };
  }

  const users = (keep: (i: number) => boolean) =>
    Array.from({ length: ROWS }, (_, i) => i)
      .filter(keep)
      .map((i) => `user-${i}`);
  const distinct = (spec: StateSpec, values: readonly Value[]) =>
    distinctState(spec as Extract<StateSpec, { kind: 'distinct' }>, values);

  it('has the same states as if all values had been gathered', async () => {
    const { plan, cells } = await cellsOf(
      'SELECT kind, count(*) AS n, count(DISTINCT user) AS users, histogram(size) AS sizes, count(DISTINCT size) AS s FROM events GROUP BY kind',
    );
    expect(cells.size).toBe(1001);
    const [n, big, sizes] = cells.get('["big"]')!;
    expect(n).toBe(ROWS - ROWS / 15);
    expect(big).toEqual(
      distinct(
        plan.states[1]!,
        users((i) => i % 15 !== 0),
      ),
    );
    expect(sizes).toEqual({ o: true });
    const [, few, fewSizes, sizeSet] = cells.get('["k7"]')!;
    expect(few).toEqual(
      distinct(
        plan.states[1]!,
        users((i) => i % 15 === 0 && (i / 15) % 1000 === 7),
      ),
    );
    expect(fewSizes).toEqual({ c: [[5, 10]] });
    expect(sizeSet).toEqual({ s: [5] });
  });

  it('also where nothing is grouped by', async () => {
    const { plan, cells } = await cellsOf(
      'SELECT count(DISTINCT user) AS users, approx_quantile(size, 0.5) AS q, mode(kind) AS m FROM events',
    );
    const [state, , kinds] = cells.get('[]')!;
    expect(state).toEqual(
      distinct(
        plan.states[0]!,
        users(() => true),
      ),
    );
    expect((kinds as { c: State[] }).c).toHaveLength(1001);
  });
});
