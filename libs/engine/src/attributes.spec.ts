/** The CloudEvents attributes of events, as columns. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceDefinition } from '@tenon/domain';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { answerOf, foldArchive, foldLive } from './testing/pipeline';
import { productOf, rawRecord, sourceOf } from './testing/records';

const fields = { n: { type: 'integer' } };
const source = sourceOf(fields);

let engine: Engine;
const directory = mkdtempSync(join(tmpdir(), 'tenon-attributes-'));
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

const events = (data: (offset: number) => object): EngineEvent[] =>
  ['com.shop.sold', 'com.shop.sold', 'com.shop.returned'].map((type, offset) => {
    const envelope = {
      ...{ specversion: '1.0', id: `id-${offset}`, source: '/shops/7', type, correlationid: 'c' },
      ...(offset > 0 && { subject: `order ${offset}` }),
      ...{ eventtime: '2024-03-01T10:00:00Z', data: data(offset) },
    };
    return { partition: 0, record: rawRecord(offset, JSON.stringify(envelope)) };
  });

async function bothLayers(of: SourceDefinition, sql: string, all: readonly EngineEvent[]) {
  const plan = await engine.plan(of, productOf(sql));
  const folds = [
    await foldLive(engine, of, [plan], [all]),
    await foldArchive(engine, of, [plan], all, directory, 2),
  ];
  return Promise.all(folds.map(([folded]) => answerOf(engine, plan, folded!)));
}

test('type, source and subject are event_type, event_source and event_subject, in both layers', async () => {
  const sql = `SELECT event_type, event_source, count(event_subject) AS subjects, sum(n) AS n
    FROM (SELECT * FROM events) GROUP BY ALL`;
  for (const rows of await bothLayers(
    source,
    sql,
    events((n) => ({ n: n + 1 })),
  ))
    expect(rows.map((row) => row.map(String)).toSorted()).toEqual([
      ['com.shop.returned', '/shops/7', '1', '3'],
      ['com.shop.sold', '/shops/7', '1', '3'],
    ]);
});

test('a field of data that is called so is meant, and stays what it was', async () => {
  const own = sourceOf({ ...fields, Event_Type: { type: 'string' } });
  const sql = 'SELECT event_type AS t, count(*) AS n FROM events GROUP BY 1';
  for (const rows of await bothLayers(
    own,
    sql,
    events(() => ({ Event_Type: 'mine' })),
  ))
    expect(rows).toEqual([['mine', 3]]);
});

test('a star does not mean them: products that stand keep their columns', async () => {
  const plan = await engine.plan(
    source,
    productOf('SELECT n, count(*) AS c FROM (SELECT * FROM events) GROUP BY 1'),
  );
  expect(plan.engine.columns.map(({ name }) => name)).toEqual([
    'n',
    'event_id',
    'event_time',
    'correlation_id',
  ]);
});
