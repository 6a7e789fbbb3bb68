/**
 * The key test: random products over random events, in random batches and partitions, must give what DuckDB gives that
 * runs the same SQL over all events at once. Exactly, but for doubles (whose sums DuckDB rounds on the way) and sketches,
 * whose bounds stand in testing/random-products.ts; and live states must equal the archive's bit for bit.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ledgerTotal } from '@tenon/domain';
import type { Plan, Value } from '@tenon/domain';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { Oracle } from './testing/oracle';
import { answerOf, foldArchive, foldLive } from './testing/pipeline';
import { type RandomCase, randomCase } from './testing/random-products';
import { productOf, recordOf, sourceOf } from './testing/records';

const RUNS = Number(process.env['TENON_ENGINE_RUNS'] ?? 40);

let engine: Engine;
let oracle: Oracle;
let directory: string;

beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  oracle = await Oracle.open();
  directory = mkdtempSync(join(tmpdir(), 'tenon-differential-'));
});

afterAll(async () => {
  oracle.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

interface Spread {
  readonly partitions: readonly number[];
  readonly cuts: readonly number[];
  readonly perFile: number;
}

const spread = fc.record({
  partitions: fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }),
  cuts: fc.array(fc.nat(40), { maxLength: 4 }),
  perFile: fc.integer({ min: 8, max: 40 }),
});

test(`random products over random events equal DuckDB, live and from the archive (${RUNS} runs of 3 products)`, async () => {
  await fc.assert(fc.asyncProperty(randomCase, spread, check), {
    numRuns: RUNS,
    seed: Number(process.env['TENON_ENGINE_SEED'] ?? 20_240_229),
    endOnFailure: process.env['TENON_ENGINE_RUNS'] === undefined,
  });
});

async function check(example: RandomCase, { partitions, cuts, perFile }: Spread): Promise<void> {
  const source = sourceOf(example.properties);
  const plans: Plan[] = [];
  for (const product of example.products)
    plans.push(await engine.plan(source, productOf(product.sql('sql'))));
  const events = example.events.map((event, index): EngineEvent => ({
    partition: partitions[index]!,
    record: recordOf(index, event),
  }));
  const bounds = [...new Set([0, ...cuts.filter((cut) => cut < events.length), events.length])].sort(
    (a, b) => a - b,
  );
  const batches = bounds.slice(1).map((to, index) => events.slice(bounds[index]!, to));

  const live = await foldLive(engine, source, plans, batches);
  const archived = await foldArchive(engine, source, plans, events, directory, perFile);
  await oracle.load(source, example.events);
  for (const [index, product] of example.products.entries()) {
    expect([...archived[index]!.cells].sort()).toEqual([...live[index]!.cells].sort());
    expect(archived[index]!.ledger).toEqual(live[index]!.ledger);
    expect(ledgerTotal(live[index]!.ledger)).toBe(events.length);
    expect(live[index]!.refused).toEqual([]);
    const ours = byKey(await answerOf(engine, plans[index]!, live[index]!), product.keys);
    const theirs = byKey(await oracle.rows(product.sql('oracle')), product.keys);
    // Where nothing counts there are no cells; SQL gives a row of nulls if nothing is grouped by.
    if (product.keys === 0 && ours.size === 0) continue;
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [key, row] of ours) {
      product.columns.forEach(({ sql, compare }, column) => {
        const [a, b] = [row[product.keys + column]!, theirs.get(key)![product.keys + column]!];
        if (!compare(a, b))
          throw new Error(
            `${sql} is ${JSON.stringify(a)}, DuckDB has ${JSON.stringify(b)}, at ${key} in\n${product.sql('sql')}`,
          );
      });
    }
  }
}

const byKey = (rows: readonly Value[][], keys: number) =>
  new Map(rows.map((row) => [JSON.stringify(row.slice(0, keys)), row]));
