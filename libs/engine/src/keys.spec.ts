/**
 * What DuckDB groups apart has a cell of its own, and what it groups together has one: no two rows of a result may share a name,
 * since who lands a range writes each cell as it comes.
 */
import fc from 'fast-check';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Plan } from '@tenon/domain';
import { carry } from './planner/carriers';
import { carried } from './runner/decode';
import { cellNamer } from './runner/partial';
import { query } from './sql/database';
import { quoteText } from './sql/text';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
});

afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const texts = (...some: string[]) => some;
const numberText = fc
  .oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  .map(String);
const second = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
const moment = fc
  .tuple(second, fc.oneof(fc.constantFrom(0, 1, 2, 999_998, 999_999), fc.nat(999_999)))
  .map(([at, micros]) =>
    new Date(at * 1000).toISOString().replace('.000Z', `.${String(micros).padStart(6, '0')}Z`),
  );

/** Type → texts that are cast to it, with those that a rounding or another spelling would let fall together. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  BIGINT: numberText,
  HUGEINT: fc.oneof(numberText, fc.bigInt({ min: -(2n ** 126n), max: 2n ** 126n }).map(String)),
  'DECIMAL(18,2)': fc.integer().map((n) => (n / 100).toFixed(2)),
  'DECIMAL(38,9)': fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }).map((n) => `${n}.${String(n).slice(-1)}`),
  DOUBLE: fc.oneof(
    fc.double().map(String),
    fc.constantFrom(
      ...texts('0', '-0', 'nan', '-nan', 'inf', '-inf', '1e-320', '0.1', '0.1000000000000000055'),
    ),
  ),
  FLOAT: fc.oneof(fc.float().map(String), fc.constantFrom('0', '-0', '0.1', '0.100000001', '16777217')),
  BOOLEAN: fc.constantFrom('true', 'false'),
  VARCHAR: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }).map((text) => text.replaceAll('\0', '')),
    fc.constantFrom(...texts('', ' ', 'null', '!', '#21', '}', 'é', 'e\u0301', 'A', 'a')),
    fc.nat(9).map((n) => `${'x'.repeat(1600)}${n}`),
  ),
  UUID: fc.uuid(),
  DATE: fc.oneof(
    second.map((at) => new Date(at * 1000).toISOString().slice(0, 10)),
    fc.constantFrom(...texts('infinity', '-infinity', '0044-03-15 (BC)', '10000-01-01', '0000-01-01')),
  ),
  TIME: fc.oneof(
    moment.map((text) => text.slice(11, 26)),
    fc.constantFrom(...texts('00:00:00', '24:00:00', '12:00:00.5', '12:00:00.500001')),
  ),
  TIMESTAMP: fc.oneof(
    moment,
    fc.constantFrom('infinity', '-infinity', '10000-01-01', '0044-03-15 (BC) 00:00:00.000001'),
  ),
  'TIMESTAMP WITH TIME ZONE': fc.oneof(moment, fc.constantFrom('infinity', '-infinity')),
};

test.each(Object.entries(VALUES))('%s', async (type, values) => {
  const nameOf = cellNamer({ key: [{ column: null, type }] } as unknown as Plan);
  await fc.assert(
    fc.asyncProperty(fc.array(values, { minLength: 1, maxLength: 60 }), async (some) => {
      const list = some.map((text) => `(CAST(${quoteText(text)} AS ${type}))`).join(', ');
      const columns = carry(type, 'k').map((sql, index) => `${sql} AS o${index}`);
      const chunks = await query(
        connection,
        `SELECT ${columns.join(', ')} FROM (SELECT k FROM (VALUES ${list}) AS v(k) GROUP BY k)`,
      );
      const names = chunks.flatMap((chunk) => {
        const key = carried(type, chunk, 0);
        return Array.from({ length: chunk.rowCount }, (_, row) => nameOf([key(row)]));
      });
      expect(names.length).toBe(new Set(names).size);
      // What has one name is one group: the same values once more make no name more.
      const again = await query(
        connection,
        `SELECT count(DISTINCT k) FROM (VALUES ${list}, ${list}) AS v(k)`,
      );
      expect(Number(again[0]!.getColumnVector(0).getItem(0))).toBe(names.length);
    }),
    { numRuns: 30 },
  );
});
