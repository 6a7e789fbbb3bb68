/** Products at random: keys, windows, filters and aggregates that the planner takes, and what the oracle asks in their place. */
import type { Random } from '../exactness/random';
import type { DrawnSource, Field } from './sources';
import { kindAt } from './sources';
import type { Kind } from './values';

/** How a column is compared: as it is, within a share of its size, or made of the list that the oracle gives. */
export type Comparison =
  'exact' | 'near' | 'sum of list' | 'mean of list' | 'quantile of list' | 'mode of list';

export interface Column {
  readonly alias: string;
  readonly sql: string;
  /** What the oracle is asked, where DuckDB's own answer rounds on the way or is free to take any. */
  readonly oracle: string;
  readonly compare: Comparison;
}

export interface DrawnProduct {
  readonly name: string;
  readonly keys: readonly Column[];
  readonly columns: readonly Column[];
  readonly where: string | null;
  readonly having: string | null;
  readonly group: 'ALL' | 'positions';
  /** Fields that it reads: where one of them can't be read, the event is a dead letter. */
  readonly reads: readonly string[];
  readonly source: string;
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

const ALIASES = [
  'from',
  'order',
  'limit',
  'a b',
  'a.b',
  'ü',
  '😀',
  'n',
  'value',
  'valueOf',
  'constructor',
  'toString',
  'q"q',
  "it's",
  '$x',
  'A/B',
  'k0',
  'm0',
  '0',
  'p',
];

interface Use {
  readonly sql: string;
  readonly kind: Kind;
  readonly field: string;
}

/** Of a field, or of what is in it. */
function usesOf({ name }: Field, kind: Kind): Use[] {
  const x = quoted(name);
  switch (kind) {
    case 'record':
      return [
        { sql: `${x}.a`, kind: 'integer', field: name },
        { sql: `${x}."b ""c"""`, kind: 'text', field: name },
        { sql: `${x}."from"`, kind: 'decimal2', field: name },
      ];
    case 'integers':
      return [
        { sql: `len(${x})`, kind: 'integer', field: name },
        { sql: `${x}[1]`, kind: 'integer', field: name },
      ];
    case 'texts':
      return [{ sql: `${x}[1]`, kind: 'text', field: name }];
    case 'json':
      return [{ sql: `(${x} ->> '$.k')`, kind: 'text', field: name }];
    default:
      return [{ sql: x, kind, field: name }];
  }
}

const WINDOWS = [
  "time_bucket(INTERVAL '1 hour', event_time)",
  "time_bucket(INTERVAL '7 days', event_time, TIMESTAMP '2000-01-03 00:00:00')",
  "date_trunc('month', event_time)",
  "date_trunc('year', event_time)",
  'event_time::DATE',
];

const CONDITIONS: Readonly<Partial<Record<Kind, string>>> = {
  integer: '> 3',
  double: '< 100.5',
  decimal2: '>= 1.25',
  text: "<> 'a'",
  boolean: 'IS NOT FALSE',
  moment: "> TIMESTAMP '2024-02-28 12:00:00'",
  date: 'IS NOT NULL',
};

const conditionOf = ({ sql, kind }: Use) => `${sql} ${CONDITIONS[kind] ?? 'IS NOT NULL'}`;

/** Expressions of a key over a use. */
function keyOf({ sql, kind }: Use, random: Random): string {
  if (random.chance(0.5)) return sql;
  switch (kind) {
    case 'text':
      return random.pick([
        `upper(${sql})`,
        `${sql} || '|' || ${sql}`,
        `coalesce(${sql}, '')`,
        `left(${sql}, 1)`,
        `nullif(${sql}, '')`,
        `length(${sql})`,
      ]);
    case 'integer':
      return random.pick([`${sql} % 3`, `${sql} > 0`, `CASE WHEN ${sql} > 0 THEN 'more' ELSE '' END`]);
    case 'moment':
      return random.pick([`date_trunc('day', ${sql})`, `year(${sql})`, `${sql}::DATE`, `${sql}::VARCHAR`]);
    case 'date':
      return random.pick([`year(${sql})`, `${sql}::VARCHAR`, `${sql}::TIMESTAMP`]);
    case 'double':
      return random.pick([`round(${sql})`, `${sql} > 0`, `${sql}::VARCHAR`]);
    default:
      return random.pick([`${sql}::VARCHAR`, `${sql} IS NULL`]);
  }
}

const NUMBERS: readonly Kind[] = ['integer', 'double', 'decimal1', 'decimal2', 'decimal6'];

type Draft = Omit<Column, 'alias'>;

/** An aggregate of a use. `other`: uses one more. */
function measureOf({ sql: x, kind }: Use, other: () => Use, filter: string, random: Random): Draft {
  const same = (sql: string, compare: Comparison = 'exact'): Draft => ({
    sql: sql + filter,
    oracle: sql + filter,
    compare,
  });
  const listed = (sql: string, compare: Comparison, list = x): Draft => ({
    sql: sql + filter,
    oracle: `list(${list})${filter}`,
    compare,
  });
  const choices: (() => Draft)[] = [
    () => same(`count(${x})`),
    () => same(`min(${x})`),
    () => same(`max(${x})`),
    () => same(`count(DISTINCT ${x})`),
    () => same(`arg_min(${x}, event_id)`),
    () => same(`arg_max(${x}, event_id)`),
    () => same(`first(${x} ORDER BY event_id)`),
    () => same(`last(${x} ORDER BY event_id)`),
    () => same(`histogram(${x})`),
    () => listed(`mode(${x})`, 'mode of list'),
    () => extreme('min', x, other().sql, filter),
    () => extreme('max', x, other().sql, filter),
  ];
  if (kind === 'boolean')
    choices.push(
      () => same(`bool_and(${x})`),
      () => same(`bool_or(${x})`),
      () => same(`count_if(${x})`),
    );
  if (NUMBERS.includes(kind)) {
    const bounded = `CASE WHEN abs(${x}) < 1000 THEN ${x} END`;
    choices.push(
      () => (kind === 'double' ? listed(`sum(${x})`, 'sum of list') : same(`sum(${x})`)),
      () => (kind === 'double' ? listed(`avg(${x})`, 'mean of list') : same(`avg(${x})`, 'near')),
      () => same(`${random.pick(['var_pop', 'var_samp', 'stddev_pop', 'stddev'])}(${bounded})`, 'near'),
      () => listed(`approx_quantile(${bounded}, 0.5)`, 'quantile of list', bounded),
    );
  }
  return random.pick(choices)();
}

/** Of equal keys the event with the smaller id counts for arg_min, with the larger for arg_max; DuckDB takes any. */
function extreme(end: 'min' | 'max', x: string, by: string, filter: string): Draft {
  const known = `${x} IS NOT NULL AND ${by} IS NOT NULL`;
  const where = filter === '' ? ` FILTER (WHERE ${known})` : filter.replace(/\)$/, ` AND ${known})`);
  return {
    sql: `arg_${end}(${x}, ${by})${filter}`,
    oracle: `(${end}({'b': ${by}, 'e': event_id, 'x': ${x}})${where}).x`,
    compare: 'exact',
  };
}

/** @param step the step of the world from which the product is declared; its fields have columns then */
export function drawProduct(name: string, source: DrawnSource, step: number, random: Random): DrawnProduct {
  const uses = source.fields.flatMap((field) => {
    const kind = kindAt(field, step);
    return kind === null ? [] : usesOf(field, kind);
  });
  const reads = new Set<string>();
  const use = () => {
    const one = random.pick(uses);
    reads.add(one.field);
    return one;
  };
  const aliases = random.shuffle(ALIASES);
  const drawn: Draft[] = [];
  if (random.chance(0.5)) drawn.push(plain(random.pick(WINDOWS)));
  for (let number = random.int(0, 2); number > 0; number--) drawn.push(plain(keyOf(use(), random)));
  const measures: Draft[] = [plain('count(*)')];
  for (let number = random.int(1, 6); number > 0; number--) {
    const filter = random.chance(0.2) ? ` FILTER (WHERE ${conditionOf(use())})` : '';
    measures.push(measureOf(use(), use, filter, random));
  }
  return {
    name,
    source: source.name,
    keys: drawn.map((key, index) => ({ ...key, alias: aliases[index] as string })),
    columns: measures.map((measure, index) => ({
      ...measure,
      alias: aliases[drawn.length + index] as string,
    })),
    where: random.chance(0.2) ? conditionOf(use()) : null,
    having: random.chance(0.1) ? 'count(*) > 1' : null,
    group: random.pick(['ALL', 'positions']),
    reads: [...reads],
  };
}

const plain = (sql: string): Draft => ({ sql, oracle: sql, compare: 'exact' });

export function sqlOf(product: DrawnProduct, which: 'sql' | 'oracle'): string {
  const { keys, columns, where, having, group, source } = product;
  const positions = keys.map((_, index) => index + 1).join(', ');
  return [
    `SELECT ${[...keys, ...columns].map((column) => `${column[which]} AS ${quoted(column.alias)}`).join(',\n  ')}`,
    `FROM ${quoted(source)}`,
    ...(where === null ? [] : [`WHERE ${where}`]),
    ...(keys.length === 0 ? [] : [`GROUP BY ${group === 'ALL' ? 'ALL' : positions}`]),
    ...(having === null ? [] : [`HAVING ${having}`]),
  ].join('\n');
}
