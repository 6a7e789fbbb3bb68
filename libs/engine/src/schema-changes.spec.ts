/**
 * A source's schema changes at random while cuts fall at random: what stands in the archive, written under whichever schema was
 * in force, must give what the log gives, bit for bit, and what DuckDB gives over the raw events. Events that DuckDB can't read
 * by the last schema are refused in both layers.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ledgerTotal, mergeInto } from '@tenon/domain';
import type { JsonSchema, State, Value } from '@tenon/domain';
import type { ArchiveRange, Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { quoteName } from './sql/text';
import { archive } from './testing/archive';
import { Oracle } from './testing/oracle';
import { answerOf, foldLive } from './testing/pipeline';
import { productOf, recordOf, sourceOf } from './testing/records';

const RUNS = Number(process.env['TENON_ENGINE_RUNS'] ?? 25);

let engine: Engine;
let oracle: Oracle;
let directory: string;
let folders = 0;

beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  oracle = await Oracle.open();
  directory = mkdtempSync(join(tmpdir(), 'tenon-schemas-'));
});

afterAll(async () => {
  oracle.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

/** Names that a path, SQL, Parquet or DuckDB's readers could take for something else. */
const NAMES = ['p', 'x', 'X', 'a b', 'select', 'q"uote', "it's", 'ü', 'filename', 'file_row_number', 'n=1'];

const TYPES: readonly JsonSchema[] = [
  { type: 'integer' },
  { type: 'number' },
  { type: 'number', multipleOf: 0.01 },
  { type: 'number', multipleOf: 0.001 },
  { type: 'string' },
  { type: 'string', format: 'date-time' },
  { type: 'string', format: 'date' },
  { type: 'boolean' },
  { type: 'array', items: { type: 'integer' } },
  { type: 'object', properties: { a: { type: 'integer' } } },
  { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string', format: 'date-time' } } },
  {},
];

/** Values that fit some types and not others. */
const VALUES: readonly unknown[] = [
  ...[0, 7, -3, 1.5, 0.005, 9007199254740991, 1e300, 12345678901234.56],
  ...['', '12', 'abc', '1.25', 'true', 'null', '2026-01-01', '2026-01-01T10:00:00+02:00', '2026-02-30'],
  ...['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999998Z', '0001-01-01T00:00:00.000001Z'],
  ...['1600-01-01T00:00:00.123457Z', '2300-01-01T00:00:00.000001Z', '2300-01-01T00:00:00.000002Z'],
  ...[true, false, null, [], [1, 2], ['x'], [1, null]],
  ...[
    {},
    { a: 1 },
    { a: 'x' },
    { a: 2, b: '2026-01-01T10:00:00+02:00' },
    { a: null, b: 'no time' },
    { c: 1 },
  ],
];

interface Example {
  /** Field → type, for one schema after the other. */
  readonly schemas: readonly Readonly<Record<string, JsonSchema>>[];
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** Where schemas change and files end, as shares of the events. */
  readonly changes: readonly number[];
  readonly cuts: readonly number[];
}

const names = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 });
const example: fc.Arbitrary<Example> = names.chain((fields) => {
  const some = <T>(of: readonly T[]) =>
    fc.dictionary(fc.constantFrom(...fields), fc.constantFrom(...of), { minKeys: 1, noNullPrototype: true });
  return fc.record({
    schemas: fc.array(some(TYPES), { minLength: 2, maxLength: 4 }),
    events: fc.array(some(VALUES), { minLength: 1, maxLength: 24 }),
    changes: fc.array(fc.nat(24), { minLength: 3, maxLength: 3 }),
    cuts: fc.array(fc.nat(24), { maxLength: 4 }),
  });
});

test(`schemas and cuts at random: archive = log = DuckDB over the raw events (${RUNS} runs)`, async () => {
  await fc.assert(fc.asyncProperty(example, check), {
    numRuns: RUNS,
    seed: Number(process.env['TENON_ENGINE_SEED'] ?? 20_260_301),
    endOnFailure: process.env['TENON_ENGINE_RUNS'] === undefined,
  });
});

async function check({ schemas, events, changes, cuts }: Example): Promise<void> {
  const sources = schemas.map((properties) => sourceOf(properties));
  const source = sources.at(-1)!;
  const declared = Object.keys(schemas.at(-1)!).filter((name, index, all) => isColumn(name, index, all));
  const key = quoteName(declared[0]!);
  const measures = declared.flatMap((name, index) => [
    `count(${quoteName(name)}) AS c${index}`,
    `max(CAST(${quoteName(name)} AS VARCHAR)) AS m${index}`,
  ]);
  const sql = `SELECT CAST(${key} AS VARCHAR) AS k, count(*) AS n, ${measures.join(', ')} FROM events GROUP BY ALL`;
  const plan = await engine.plan(source, productOf(sql));
  const all = events.map((data, offset): EngineEvent => ({
    partition: 0,
    record: recordOf(offset, { time: '2026-03-01T00:00:00Z', data }),
  }));

  const [live] = await foldLive(engine, source, [plan], [all.slice(0, 7), all.slice(7)]);
  const folder = join(directory, `p=${(folders += 1)}`, 'x=5', '[select]*');
  mkdirSync(folder, { recursive: true });
  const ends = [...new Set([...changes, ...cuts, 0, all.length])]
    .filter((end) => end <= all.length)
    .sort((a, b) => a - b);
  const paths: string[] = [];
  for (const [index, from] of ends.slice(0, -1).entries()) {
    const path = join(folder, `n=${index}.parquet`);
    const inForce = changes.filter((at) => at <= from).length;
    const records = all.slice(from, ends[index + 1]).map((event) => ({ ...event, mark: 'event' as const }));
    await archive(engine, sources[Math.min(inForce, sources.length - 1)]!, records, path);
    paths.push(path);
  }
  const range: ArchiveRange = { partition: 0, from: 0, to: all.length, paths };
  const archived = await engine.aggregateArchive(source, plan, [range]);
  const cells = new Map<string, State[]>();
  for await (const chunk of archived.cells)
    for (const cell of chunk) {
      expect(cells.has(JSON.stringify(cell.key))).toBe(false);
      cells.set(JSON.stringify(cell.key), [...cell.states]);
    }
  expect([...cells].sort()).toEqual([...live!.cells].sort());
  expect(archived.ledger).toEqual(live!.ledger);
  expect(ledgerTotal(archived.ledger)).toBe(all.length);
  const places = (refused: readonly { offset: number; code: string }[]) =>
    refused.map(({ offset, code }) => `${offset} ${code}`);
  expect(places(archived.refused)).toEqual(places(live!.refused));
  // A range that begins and ends within files.
  const [from, to] = [Math.floor(all.length / 3), Math.ceil((2 * all.length) / 3)];
  const part = await engine.aggregateArchive(source, plan, [{ ...range, from, to }]);
  const [some] = await foldLive(engine, source, [plan], [all.slice(from, to)]);
  const inPart = new Map<string, State[]>();
  for await (const chunk of part.cells)
    for (const { key: name, states } of chunk) {
      const known = inPart.get(JSON.stringify(name));
      if (known === undefined) inPart.set(JSON.stringify(name), [...states]);
      else mergeInto(plan.states, known, states);
    }
  expect([...inPart].sort()).toEqual([...some!.cells].sort());

  const time = '2026-03-01T00:00:00Z';
  const refused = new Set(live!.refused.map(({ offset }) => offset));
  for (const offset of refused)
    await expect(oracle.load(source, [{ time, data: events[offset] }])).rejects.toThrow();
  await oracle.load(
    source,
    events.filter((_, offset) => !refused.has(offset)).map((data) => ({ time, data })),
  );
  const sorted = (rows: readonly Value[][]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(sorted(await answerOf(engine, plan, live!))).toEqual(sorted(await oracle.rows(sql)));
}

/** Of names that SQL does not tell apart the first has the column. */
const isColumn = (name: string, index: number, all: readonly string[]) =>
  all.findIndex((one) => one.toLowerCase() === name.toLowerCase()) === index;
