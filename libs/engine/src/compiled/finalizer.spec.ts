/** Compiled expressions beside DuckDB's own results, for whatever the grammar below writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Plan, SourceDefinition } from '@tenon/domain';
import type { AnswerCell, Engine } from '@tenon/ports';
import { createEngine } from '../engine';
import { sqlOf } from '../engine-sql';
import { finalizeBy } from '../runner/finalize';
import { Spool } from '../runner/spool';
import { Database } from '../sql/database';
import { randomCase } from '../testing/random-products';
import { type TestEvent, productOf, recordOf, sourceOf } from '../testing/records';
import { compiledFinalizer } from './finalizer';

const source = sourceOf({
  g: { type: 'integer' },
  i: { type: ['integer', 'null'] },
  d: { type: ['number', 'null'] },
  m: { type: ['number', 'null'], multipleOf: 0.01 },
});

let engine: Engine;
let database: Database;
let spool: Spool;

beforeAll(async () => {
  engine = await createEngine();
  database = await Database.open({ files: true });
  spool = new Spool(undefined);
});

afterAll(async () => {
  database.close();
  spool.close();
  await engine.close();
});

const planOf = (sql: string): Promise<Plan> => engine.plan(source, productOf(sql));

const cellsOf = (plan: Plan, rows: readonly object[]) =>
  cellsOfEvents(
    source,
    plan,
    rows.map((data) => ({ time: '2001-01-01T00:00:00Z', data })),
  );

async function cellsOfEvents(
  of: SourceDefinition,
  plan: Plan,
  happened: readonly TestEvent[],
): Promise<readonly AnswerCell[]> {
  const events = happened.map((event, offset) => ({ partition: 0, record: recordOf(offset, event) }));
  const batch = await engine.open(of, [plan], events);
  const { partitions } = await batch.aggregate(plan);
  await batch.close();
  return partitions.flatMap(({ cells }) => cells);
}

const NUMBERS = [
  ...['g', 'count(*)', 'count(i)', 'count(*) FILTER (WHERE i > 0)', 'sum(i)', 'max(i)', 'avg(i)'],
  ...['sum(d)', 'avg(d)', 'max(d)', 'min(d)', 'sum(m)', 'max(m)', 'avg(m)'],
];
const CONSTANTS = ['0', '1', '-1', '2', '100', '100.0', '0.5', '1.25', '1e0', '0.1e0', 'NULL'];

const { number, truth } = fc.letrec<{ number: string; truth: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(...NUMBERS),
    fc.constantFrom(...CONSTANTS),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '/'), tie('number'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(tie('number'), fc.integer({ min: 0, max: 4 })).map(([a, places]) => `round(${a}, ${places})`),
    fc
      .tuple(fc.constantFrom('round', 'abs', 'floor', 'ceil', '-', 'CAST'), tie('number'))
      .map(([name, a]) => (name === 'CAST' ? `CAST(${a} AS DOUBLE)` : `${name}(${a})`)),
    fc
      .tuple(fc.constantFrom('coalesce', 'nullif'), tie('number'), tie('number'))
      .map(([name, a, b]) => `${name}(${a}, ${b})`),
    fc
      .tuple(tie('truth'), tie('number'), tie('number'))
      .map(([when, a, b]) => `CASE WHEN ${when} THEN ${a} ELSE ${b} END`),
  ),
  truth: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc
      .tuple(tie('number'), fc.constantFrom('=', '<>', '<', '<=', '>', '>='), tie('number'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc
      .tuple(tie('truth'), fc.constantFrom('AND', 'OR'), tie('truth'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    tie('truth').map((a) => `(NOT ${a})`),
    fc.tuple(tie('number'), fc.boolean()).map(([a, not]) => `(${a} IS ${not ? 'NOT ' : ''}NULL)`),
  ),
}));

const value = fc.oneof(
  fc.constantFrom(null, 0, -1, 1, 2 ** 53, -(2 ** 52)),
  fc.integer({ min: -1000, max: 1000 }),
);
const double = fc.oneof(
  fc.constantFrom(null, 0, -0, 0.5, 2.5, -0.5, 1e300, 1e-300, 0.045, 1.005),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8),
);
const row = fc.record({
  g: fc.integer({ min: 0, max: 5 }),
  i: value,
  d: double,
  m: fc.integer({ min: -500, max: 500 }).map((cents) => cents / 100),
});

test('give bit by bit what the engine gives, or leave it to the engine', async () => {
  let own = 0;
  const question = fc.record({
    shown: fc.oneof(number, truth),
    having: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, truth),
    rows: fc.array(row, { minLength: 1, maxLength: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(question, async ({ shown, having, rows }) => {
      const sql = `SELECT g, ${shown} AS x FROM events GROUP BY g${having === '' ? '' : ` HAVING ${having}`}`;
      const plan = await planOf(sql).catch(() => null);
      const compiled = plan && (await compiledFinalizer(database, plan));
      // Most texts make no plan, or one that is not compiled: others are drawn in their places.
      fc.pre(plan !== null && compiled !== null);
      const cells = await cellsOf(plan, rows);
      const counting: typeof compiled = (cell) => {
        const values = compiled(cell);
        if (values !== null) own += 1;
        return values;
      };
      const expected = await finalizeBy(null, database, spool, plan, cells);
      const got = await finalizeBy(counting, database, spool, plan, cells);
      expect([sql, JSON.stringify(got)]).toEqual([sql, JSON.stringify(expected)]);
    }),
    { numRuns: Number(process.env.TENON_RUNS ?? 20) },
  );
  // Else nothing has been shown.
  expect(own).toBeGreaterThan(0);
}, 600_000);

/** @returns whether the plan is compiled */
async function isAlike(plan: Plan, cells: readonly AnswerCell[]): Promise<boolean> {
  const compiled = await compiledFinalizer(database, plan);
  if (compiled === null) return false;
  const expected = await finalizeBy(null, database, spool, plan, cells);
  expect(JSON.stringify(await finalizeBy(compiled, database, spool, plan, cells))).toBe(
    JSON.stringify(expected),
  );
  return true;
}

test('are alike in the random products that live and batch are compared with', async () => {
  await fc.assert(
    fc.asyncProperty(randomCase, async ({ properties, products, events }) => {
      const of = sourceOf(properties);
      for (const product of products) {
        const plan = await engine.plan(of, productOf(product.sql('sql')));
        if (sqlOf(plan).finalize !== null) await isAlike(plan, await cellsOfEvents(of, plan, events));
      }
    }),
    { numRuns: Math.ceil(Number(process.env.TENON_RUNS ?? 60) / 4) },
  );
}, 600_000);

const flights = sourceOf(
  {
    date: { type: 'string', format: 'date-time' },
    delay: { type: ['integer', 'null'] },
    distance: { type: 'integer' },
    origin: { type: 'string' },
    destination: { type: 'string' },
  },
  { name: 'flights', time: 'date' },
);
const flight = fc.record({
  delay: fc.oneof(fc.constant(null), fc.integer({ min: -60, max: 600 })),
  distance: fc.integer({ min: 0, max: 5000 }),
  origin: fc.constantFrom('ATL', 'ORD'),
  destination: fc.constantFrom('JFK', 'LAX', 'SFO'),
});

test('are alike in the product of the example that has one', async () => {
  const path = join(__dirname, '../../../../catalog/products/airport_hours.sql');
  const plan = await engine.plan(flights, productOf(readFileSync(path, 'utf8')));
  await fc.assert(
    fc.asyncProperty(fc.array(flight, { minLength: 1, maxLength: 20 }), async (happened) => {
      const time = '2001-01-01T00:00:00Z';
      const events = happened.map((data) => ({ time, data: { ...data, date: time } }));
      expect(await isAlike(plan, await cellsOfEvents(flights, plan, events))).toBe(true);
    }),
    { numRuns: Number(process.env.TENON_RUNS ?? 20) },
  );
}, 600_000);

test.each([
  ['count(*) FILTER (WHERE i > 0) / count(i)', true],
  ['round(100.0 * count(i) / count(*), 2)', true],
  ['sum(m) / count(*)', true],
  ['CASE WHEN count(*) > 10 THEN avg(d) END', true],
  ['coalesce(sum(i), 0)', true],
  ['max(i) - min(i)', true],
  ["strftime(now(), '%Y')", false],
  ['round(sum(m), 1)', false],
  ['sum(i) % 7', false],
  ['count(*)::TINYINT', false],
])('%s', async (expression, isCompiled) => {
  const plan = await planOf(`SELECT g, ${expression} AS x FROM events GROUP BY g`).catch(() => null);
  expect(plan !== null && (await compiledFinalizer(database, plan)) !== null).toBe(isCompiled);
});
