/** Random sources, events and products, for the comparison with DuckDB. */
import fc from 'fast-check';
import { compareValues } from '@tenon/domain';
import type { JsonSchema, SqlType, Value } from '@tenon/domain';
import { quoteName } from '../sql/text';
import type { TestEvent } from './records';

type Kind = 'integer' | 'double' | 'decimal' | 'text' | 'boolean' | 'moment' | 'date';

interface Field {
  readonly name: string;
  readonly kind: Kind;
}

const SCHEMAS: Readonly<Record<Kind, JsonSchema>> = {
  integer: { type: ['integer', 'null'] },
  double: { type: 'number' },
  decimal: { type: 'number', multipleOf: 0.01 },
  text: { type: 'string' },
  boolean: { type: 'boolean' },
  moment: { type: 'string', format: 'date-time' },
  date: { type: 'string', format: 'date' },
};

const SQL_TYPES: Readonly<Record<Kind, SqlType>> = {
  integer: 'BIGINT',
  double: 'DOUBLE',
  decimal: 'DECIMAL(18,2)',
  text: 'VARCHAR',
  boolean: 'BOOLEAN',
  moment: 'TIMESTAMP',
  date: 'DATE',
};

const two = (n: number) => String(n).padStart(2, '0');

/** Few different values, so that cells and ties occur; now and then something extreme. */
const VALUES: Readonly<Record<Kind, fc.Arbitrary<unknown>>> = {
  integer: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -20, max: 20 }) },
    { weight: 1, arbitrary: fc.maxSafeInteger() },
  ),
  double: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -4000, max: 4000 }).map((n) => n / 7) },
    { weight: 2, arbitrary: fc.double({ min: -1000, max: 1000, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e-7, -3e-5, 0.1) },
  ),
  decimal: fc.integer({ min: -99999, max: 99999 }).map((n) => n / 100),
  text: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        'a',
        'b',
        'B',
        '',
        'ä',
        '日本',
        '😀',
        "it's",
        '"q"',
        '{{x}}',
        'a\nb',
        'NULL',
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  ),
  boolean: fc.boolean(),
  moment: fc
    .tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 23 }),
      fc.constantFrom('Z', '+02:00', '-05:30', '.25Z'),
    )
    .map(([day, hour, zone]) => `2024-02-${two(27 + Math.min(day, 2))}T${two(hour)}:30:00${zone}`),
  date: fc.integer({ min: 1, max: 5 }).map((day) => `2024-03-${two(day)}`),
};

/** Names that need quoting, that are key words, that look like Tenon's own. */
const NAMES = [
  'delay',
  'Total',
  'select',
  'weird name',
  'ünï',
  'quo"te',
  'k0',
  'a0',
  'n',
  'x',
  'value',
  'data',
];

const field = (kinds: readonly Kind[]) =>
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...kinds))
    .map(([name, kind]): Field => ({ name, kind }));

const fields = fc.uniqueArray(field(['integer', 'double', 'decimal', 'text', 'boolean', 'moment', 'date']), {
  minLength: 2,
  maxLength: 6,
  selector: ({ name }) => name,
});

/** How a column of the answer is compared. */
export type Comparison = (ours: Value, oracle: Value) => boolean;

export interface RandomColumn {
  readonly sql: string;
  /** What the oracle computes, where it is something else: then `compare` knows. */
  readonly oracle: string;
  readonly compare: Comparison;
}

export interface RandomProduct {
  /** With the columns' own SQL, or the oracle's. */
  sql(columns: 'sql' | 'oracle'): string;
  readonly keys: number;
  readonly columns: readonly RandomColumn[];
}

export interface RandomCase {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly events: readonly TestEvent[];
  readonly products: readonly RandomProduct[];
}

const equal: Comparison = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** DuckDB sums doubles in order, with rounding; the bound is for values up to 2^53 in integers and 1000 in doubles. */
const near =
  (absolute: number): Comparison =>
  (a, b) => {
    if (typeof a !== 'number' || typeof b !== 'number') return equal(a, b);
    return Math.abs(a - b) <= absolute + 1e-12 * Math.max(Math.abs(a), Math.abs(b));
  };

const same = (sql: string, compare: Comparison = equal): RandomColumn => ({ sql, oracle: sql, compare });

/** Any aggregate, over fields of the right kinds. `filter`: ` FILTER (WHERE …)` or nothing. */
function measure(all: readonly Field[], filter: string): fc.Arbitrary<RandomColumn> {
  const of = (...kinds: Kind[]) => all.filter(({ kind }) => kinds.includes(kind));
  const numbers = of('integer', 'double', 'decimal');
  const choices: fc.Arbitrary<RandomColumn>[] = [fc.constant(same(`count(*)${filter}`))];
  const add = (from: readonly Field[], make: (x: string, field: Field) => RandomColumn) => {
    if (from.length > 0) choices.push(fc.constantFrom(...from).map((one) => make(quoteName(one.name), one)));
  };
  add(all, (x) => same(`count(${x})${filter}`));
  add(numbers, (x, { kind }) => same(`sum(${x})${filter}`, kind === 'double' ? near(1e-8) : equal));
  add(numbers, (x, { kind }) => same(`avg(${x})${filter}`, near(kind === 'integer' ? 1e-9 : 1e-8)));
  add(all, (x) => same(`min(${x})${filter}`));
  add(all, (x) => same(`max(${x})${filter}`));
  add(of('boolean'), (x) => same(`bool_and(${x})${filter}`));
  add(of('boolean'), (x) => same(`bool_or(${x})${filter}`));
  add(of('boolean'), (x) => same(`count_if(${x})${filter}`));
  add(of('boolean'), (x) => same(`sum(${x})${filter}`));
  for (const fn of ['var_pop', 'var_samp', 'stddev_pop', 'stddev']) {
    add(of('double', 'decimal'), (x) => same(`${fn}(${x})${filter}`, near(1e-4)));
    add(of('integer'), (x) => same(`${fn}(CASE WHEN abs(${x}) < 1000 THEN ${x} END)${filter}`, near(1e-7)));
  }
  add(all, (x) => same(`count(DISTINCT ${x})${filter}`));
  add(all, (x) => ({
    sql: `approx_count_distinct(${x})${filter}`,
    oracle: `count(DISTINCT ${x})${filter}`,
    compare: near(1),
  }));
  add(numbers, (x, { kind }) => ({
    sql: `approx_quantile(${x}, 0.7)${filter}`,
    oracle: `list(${x} ORDER BY ${x})${filter}`,
    compare: quantile(0.7, kind),
  }));
  add(all, (x) => same(`histogram(${x})${filter}`));
  add(all, (x, { kind }) => ({
    sql: `mode(${x})${filter}`,
    oracle: `list(${x})${filter}`,
    compare: (a, b) => equal(a, ranked(b, SQL_TYPES[kind])[0] ?? null),
  }));
  add(all, (x, { kind }) => ({
    sql: `approx_top_k(${x}, 2)${filter}`,
    oracle: `list(${x})${filter}`,
    compare: topK(2, SQL_TYPES[kind]),
  }));
  for (const by of all) {
    const y = quoteName(by.name);
    for (const end of ['min', 'max']) add(all, (x) => extreme(end, x, y, filter));
  }
  add(all, (x) => ({
    sql: `arg_min(${x}, event_id)${filter}`,
    oracle: `arg_min(${x}, event_id)${filter}`,
    compare: equal,
  }));
  add(all, (x) => ({
    sql: `last(${x} ORDER BY event_id)${filter}`,
    oracle: `last(${x} ORDER BY event_id)${filter}`,
    compare: equal,
  }));
  add(all, (x) => ({
    sql: `first(${x} ORDER BY event_id)${filter}`,
    oracle: `first(${x} ORDER BY event_id)${filter}`,
    compare: equal,
  }));
  return fc.oneof(...choices);
}

/** Of equal keys the event with the smaller id counts for arg_min, with the larger for arg_max; DuckDB takes any. */
function extreme(end: string, x: string, by: string, filter: string): RandomColumn {
  const known = `${x} IS NOT NULL AND ${by} IS NOT NULL`;
  const triple = `${end}({'b': ${by}, 'e': event_id, 'x': ${x}}) ${and(filter, known)}`;
  return {
    sql: `arg_${end}(${x}, ${by})${filter}`,
    oracle: triple,
    compare: (a, b) => equal(a, (b as { x: Value } | null)?.x ?? null),
  };
}

const and = (filter: string, condition: string) =>
  filter === '' ? `FILTER (WHERE ${condition})` : `${filter.slice(0, -1)} AND ${condition})`;

/** Values by how often they occur, of equally frequent ones the smaller first. */
function ranked(list: Value, type: SqlType): Value[] {
  const counts = new Map<string, [Value, number]>();
  for (const value of (list ?? []) as Value[]) {
    if (value === null) continue;
    const name = JSON.stringify(value);
    counts.set(name, [value, (counts.get(name)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()]
    .sort((a, b) => b[1] - a[1] || compareValues(type, a[0], b[0]))
    .map(([value]) => value);
}

function topK(k: number, type: SqlType): Comparison {
  return (a, b) => equal(a ?? [], ranked(b, type).slice(0, k));
}

/** Within 1 % of the value at the rank, or half a step where the type has steps. */
function quantile(q: number, kind: Kind): Comparison {
  return (a, list) => {
    const values = ((list ?? []) as Value[]).filter((value) => value !== null).map(Number);
    if (values.length === 0) return a === null;
    const exact = values[Math.max(Math.ceil(q * values.length) - 1, 0)]!;
    return (
      Math.abs(Number(a) - exact) <=
      0.0101 * Math.abs(exact) + (kind === 'integer' ? 0.5 : kind === 'decimal' ? 0.005 : 0)
    );
  };
}

/** A condition over one field. */
function condition(all: readonly Field[]): fc.Arbitrary<string> {
  return fc.constantFrom(...all).map(({ name, kind }) => {
    const x = quoteName(name);
    return {
      integer: `${x} > 3`,
      double: `${x} < 100.5`,
      decimal: `${x} >= 1.25`,
      text: `${x} <> 'a'`,
      boolean: x,
      moment: `${x} > TIMESTAMP '2024-02-28 12:00:00'`,
      date: `${x} IS NOT NULL`,
    }[kind];
  });
}

/** Expressions over aggregates and constants. */
function expression(all: readonly Field[]): fc.Arbitrary<RandomColumn> {
  const integers = all.filter(({ kind }) => kind === 'integer');
  const texts = all.filter(({ kind }) => kind === 'text');
  const choices = [
    "round(100.0 * count(*) FILTER (WHERE event_id > 'id-2') / count(*), 1)",
    "CASE WHEN count(*) > 2 THEN 'many' ELSE 'few' END",
    '-count(*)',
    'struct_pack(n := count(*)).n + 1',
  ];
  for (const { name } of integers)
    choices.push(
      `coalesce(sum(${quoteName(name)}), 0) + count(*)`,
      `max(${quoteName(name)}) - min(${quoteName(name)})`,
    );
  for (const { name } of texts)
    choices.push(
      `max(${quoteName(name)}) || '-' || count(*)`,
      `len(list_filter(map_keys(histogram(${quoteName(name)})), x -> x > 'a'))`,
    );
  return fc.constantFrom(...choices).map((sql) => same(sql));
}

const WINDOWS = [
  { select: "time_bucket(INTERVAL '1 hour', event_time)", from: 'events' },
  { select: "date_trunc('month', event_time)", from: 'events' },
  { select: 'event_time::DATE', from: 'events' },
  { select: 'window_start', from: "events, hop(event_time, INTERVAL '3 hours', INTERVAL '1 hour')" },
  {
    select: "time_bucket(INTERVAL '2 days', t)",
    from: '(SELECT *, event_time AS t FROM events WHERE event_id IS NOT NULL)',
  },
] as const;

function product(all: readonly Field[]): fc.Arbitrary<RandomProduct> {
  const filtered = fc
    .option(condition(all), { nil: undefined, freq: 3 })
    .map((one) => (one === undefined ? '' : ` FILTER (WHERE ${one})`));
  const measures = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: filtered.chain((filter) => measure(all, filter)) },
      { weight: 1, arbitrary: expression(all) },
    ),
    { minLength: 1, maxLength: 6 },
  );
  return fc
    .record({
      window: fc.option(fc.constantFrom(...WINDOWS)),
      dimensions: fc.uniqueArray(fc.constantFrom(...all), { maxLength: 2, selector: ({ name }) => name }),
      derived: fc.boolean(),
      measures,
      where: fc.option(condition(all), { freq: 2 }),
      having: fc.option(fc.constantFrom('count(*) > 1', 'n > 1 OR max(event_id) IS NULL'), { freq: 2 }),
      group: fc.constantFrom('ALL', 'names', 'positions'),
    })
    .map(({ window, dimensions, derived, measures: columns, where, having, group }): RandomProduct => {
      const keys = [
        ...(window === null ? [] : [`${window.select} AS window_col`]),
        ...dimensions.map(
          ({ name, kind }, index) =>
            `${derived && kind === 'text' ? `upper(${quoteName(name)})` : quoteName(name)} AS dim${index}`,
        ),
      ];
      const names = keys.map((_, index) =>
        window !== null && index === 0 ? 'window_col' : `dim${index - (window === null ? 0 : 1)}`,
      );
      const groups = {
        ALL: 'ALL',
        names: names.join(', '),
        positions: keys.map((_, index) => index + 1).join(', '),
      }[group];
      const sql = (which: 'sql' | 'oracle') =>
        [
          `SELECT ${[...keys, 'count(*) AS n', ...columns.map((column, index) => `${column[which]} AS c${index}`)].join(', ')}`,
          `FROM ${window?.from ?? 'events'}`,
          ...(where === null ? [] : [`WHERE ${where}`]),
          ...(keys.length === 0 ? [] : [`GROUP BY ${groups}`]),
          ...(having === null ? [] : [`HAVING ${having.replace('n >', 'count(*) >')}`]),
        ].join('\n');
      const shown: RandomProduct = { sql, keys: keys.length, columns: [same('count(*)'), ...columns] };
      return Object.assign(shown, { [fc.toStringMethod]: () => sql('sql') });
    });
}

const START = Date.parse('2024-02-28T20:00:00Z');

function event(all: readonly Field[]): fc.Arbitrary<TestEvent> {
  const time = fc
    .oneof(fc.integer({ min: 0, max: 9 * 3600 }), fc.integer({ min: 0, max: 40 * 86_400 }))
    .map((seconds) => new Date(START + seconds * 1000).toISOString());
  // A field may be missing, null, or there.
  const data = fc.tuple(
    ...all.map(({ name, kind }) =>
      fc.option(
        fc.option(VALUES[kind], { freq: 8 }).map((value) => [name, value] as const),
        { freq: 12 },
      ),
    ),
  );
  return fc.tuple(time, data).map(([at, entries]) => ({
    time: at,
    data: Object.fromEntries(entries.filter((entry) => entry !== null)),
  }));
}

export const randomCase: fc.Arbitrary<RandomCase> = fields.chain((all) =>
  fc.record({
    properties: fc.constant(Object.fromEntries(all.map(({ name, kind }) => [name, SCHEMAS[kind]]))),
    events: fc.array(event(all), { minLength: 1, maxLength: 40 }),
    products: fc.array(product(all), { minLength: 3, maxLength: 3 }),
  }),
);
