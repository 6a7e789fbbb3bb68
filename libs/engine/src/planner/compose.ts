/** Puts a plan's SQL together: keys and aggregates over the row-wise part. All names here are Tenon's own. */
import { quoteName } from '../sql/text';
import type { SqlType } from '@tenon/domain';
import type { BoundedSql, ValueSet } from '../engine-sql';
import { carry, outputsOf } from './carriers';
import type { StateDraft } from './draft';
import { HIDDEN, INPUT } from './names';

const [PARTITION, ROW] = HIDDEN.map(quoteName) as [string, string, string];

/** The printer quotes the input's name; the runner puts a table or a subquery there. */
export const openInput = (sql: string) => sql.replaceAll(quoteName(INPUT), INPUT);

export interface ComposedParts {
  /** The row-wise SELECT: k0 …, a0 …, f0 …, and Tenon's columns. */
  readonly rows: string;
  readonly keyTypes: readonly SqlType[];
  readonly states: readonly StateDraft[];
}

/** `SELECT n, keys …, columns of the states …`: one row per cell, over all partitions. */
export function composePartial(parts: ComposedParts): string {
  const rows = derive(parts);
  const counted = parts.states.filter((state) => state.counted !== undefined);
  const plain = parts.states.filter((state) => state.counted === undefined);
  const joins = counted.map((state, index) => countedJoin(parts, rows, state, `j${index}`));
  const names = (state: StateDraft) =>
    state.counted === undefined
      ? aggregateNames(parts, state)
      : [`j${counted.indexOf(state)}.v`, `j${counted.indexOf(state)}.c`];
  return [select(parts, [], names), `FROM (${grouped(parts, rows, [], plain)}) AS m`, ...joins].join(' ');
}

/** The same for a micro-batch: grouped by partition too (first column), and counted states as flat lists. */
export function composeLive(parts: ComposedParts): string {
  const names = (state: StateDraft) => aggregateNames(parts, state);
  return `${select(parts, [PARTITION], names)} FROM (${grouped(parts, derive(parts), [PARTITION], parts.states)}) AS m`;
}

/**
 * `composePartial` where some cells may have more different values than a state keeps: the values become tables of their
 * own, which DuckDB can spill, and only cells within the bound are gathered into lists.
 */
export function composeBounded(parts: ComposedParts): BoundedSql | null {
  const bounded = parts.states.filter((state) => state.bounded !== undefined);
  if (bounded.length === 0) return null;
  const rows = derive(parts);
  const keys = keyNames(parts);
  const sets = bounded.map((state): ValueSet => {
    const index = parts.states.indexOf(state);
    const { value, where } = state.bounded!;
    const [set, over] = [`__tenon_set${index}`, `__tenon_over${index}`];
    const groups = groupBy(keys);
    const carried = parts.keyTypes.flatMap((type, key) => carry(type, `d.k${key}`));
    return {
      state: index,
      set,
      over,
      fill: `SELECT ${[...keys, `${value} AS v`, 'count(*) AS c'].join(', ')} FROM ${rows} WHERE ${where} GROUP BY ${[...keys, 'v'].join(', ')}`,
      exceed: `SELECT ${[...keys, 'count(*) AS c'].join(', ')} FROM ${set}${groups} HAVING count(*) > ${boundOf(state)}`,
      values: `SELECT ${[...carried, 'd.v'].join(', ')} FROM ${set} AS d SEMI JOIN ${over} AS o ON ${sameKeys(keys, 'd', 'o')}`,
    };
  });
  const others = parts.states.filter((state) => state.counted !== undefined && state.bounded === undefined);
  const plain = parts.states.filter((state) => state.counted === undefined && state.bounded === undefined);
  const joins = [
    ...others.map((state) => countedJoin(parts, rows, state, `j${parts.states.indexOf(state)}`)),
    ...sets.map(({ state, set, over }) => {
      const columns = parts.states[state]!.bounded!.columns.map((sql, column) => `${sql} AS v${column}`);
      const within = `SELECT ${[...keys.map((key) => `d.${key}`), ...columns].join(', ')} FROM ${set} AS d ANTI JOIN ${over} AS o ON ${sameKeys(keys, 'd', 'o')}${groupBy(keys.map((key) => `d.${key}`))}`;
      return `LEFT JOIN (${within}) AS b${state} ON ${sameKeys(keys, 'm', `b${state}`)}`;
    }),
  ];
  const names = (state: StateDraft) => {
    const index = parts.states.indexOf(state);
    if (state.bounded !== undefined) return state.bounded.columns.map((_, column) => `b${index}.v${column}`);
    return state.counted === undefined ? aggregateNames(parts, state) : [`j${index}.v`, `j${index}.c`];
  };
  const largest = `SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM (${parts.rows}) AS r WHERE hash(${ROW}) % ${SAMPLE} = 0${groupBy(keys)}) AS c`;
  return {
    largest,
    partial: [select(parts, [], names), `FROM (${grouped(parts, rows, [], plain)}) AS m`, ...joins].join(' '),
    sets,
  };
}

/** One row in so many is looked at to see whether there are large cells. */
export const SAMPLE = 16;

const boundOf = ({ spec }: StateDraft) => ('bound' in spec ? spec.bound : 0);
const groupBy = (keys: readonly string[]) => (keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`);
const sameKeys = (keys: readonly string[], a: string, b: string) =>
  keys.map((key) => `${a}.${key} IS NOT DISTINCT FROM ${b}.${key}`).join(' AND ') || 'true';

/** How many rows a cell is made of. */
const COUNT = 'n';

function select(
  parts: ComposedParts,
  leading: readonly string[],
  names: (state: StateDraft) => readonly string[],
): string {
  const keys = parts.keyTypes.flatMap((type, index) => carry(type, `m.k${index}`));
  const states = parts.states.flatMap((state) => outputsOf(state.decoder, state.spec, names(state)));
  const outputs = [...keys, ...states].map((sql, index) => `${sql} AS o${index}`);
  return `SELECT ${[...leading, `CAST(m.${COUNT} AS DOUBLE) AS n`, ...outputs].join(', ')}`;
}

/** How many input rows count, by partition, where one may give several rows or cells. */
export function composeRowCount(rows: string): string {
  return `SELECT ${PARTITION}, count(DISTINCT ${ROW}) FROM (${rows}) AS r GROUP BY ${PARTITION}`;
}

/** How many rows are made of each event. */
export const composeRowsOf = (rows: string): string =>
  `SELECT ${ROW} AS r, count(*) AS n FROM (${rows}) AS r GROUP BY ${ROW}`;

const keyNames = ({ keyTypes }: ComposedParts) => keyTypes.map((_, index) => `k${index}`);
const aggregateNames = (parts: ComposedParts, state: StateDraft) =>
  state.columns.map((_, index) => `m.${columnName(parts, state, index)}`);
const columnName = (parts: ComposedParts, state: StateDraft, index: number) =>
  `s${parts.states.indexOf(state)}_${index}`;

function grouped(
  parts: ComposedParts,
  rows: string,
  leading: readonly string[],
  states: readonly StateDraft[],
): string {
  const columns = states.flatMap((state) =>
    state.columns.map((sql, index) => `${sql} AS ${columnName(parts, state, index)}`),
  );
  const groups = [...leading, ...keyNames(parts)];
  const selected = [...groups, `count(*) AS ${COUNT}`, ...columns].join(', ');
  return `SELECT ${selected} FROM ${rows}${groupBy(groups)}`;
}

/** Values and their counts, as two lists per cell: two levels of grouping, whose memory is bounded by what differs. */
function countedJoin(parts: ComposedParts, rows: string, state: StateDraft, name: string): string {
  const keys = keyNames(parts);
  const { value, where } = state.counted!;
  const inner = `SELECT ${[...keys, `${value} AS v`, 'count(*) AS c'].join(', ')} FROM ${rows} WHERE ${where} GROUP BY ${[...keys, 'v'].join(', ')}`;
  const lists = `SELECT ${[...keys, 'list(v) AS v', 'list(c) AS c'].join(', ')} FROM (${inner}) AS i${groupBy(keys)}`;
  return `LEFT JOIN (${lists}) AS ${name} ON ${sameKeys(keys, 'm', name)}`;
}

/** The rows with the columns that states derive from their arguments. */
function derive({ rows, states }: ComposedParts): string {
  let relation = `(${rows}) AS r`;
  for (let level = 0; ; level++) {
    const columns = new Set(states.flatMap(({ derived }) => derived?.[level] ?? []));
    if (columns.size === 0) return relation;
    relation = `(SELECT *, ${[...columns].join(', ')} FROM ${relation}) AS r`;
  }
}
