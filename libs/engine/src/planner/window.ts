/** Recognizes the window among a product's keys. */
import type { DuckDBIntervalValue } from '@duckdb/node-api';
import type { SourceDefinition, SqlType } from '@tenon/domain';
import type { SourceColumn } from '../source-columns';
import { type Ast, childrenOf, isAst } from '../sql/ast';
import { namesOf } from './scope';
import { NO_TABLE, selectNode } from './nodes';

export interface WindowSize {
  readonly sizeMicros: number;
  readonly sizeMonths: number;
}

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;

/** date_trunc's units. */
const UNITS = new Map<string, WindowSize>(
  (
    [
      ['microseconds|microsecond|us', 1, 0],
      ['milliseconds|millisecond|ms', 1000, 0],
      ['second|seconds|sec|s', SECOND, 0],
      ['minute|minutes|min|m', 60 * SECOND, 0],
      ['hour|hours|h', 3600 * SECOND, 0],
      ['day|days|d', DAY, 0],
      ['week|weeks|w', 7 * DAY, 0],
      ['month|months|mon', 0, 1],
      ['quarter|quarters', 0, 3],
      ['year|years|yr|y', 0, 12],
      ['decade|decades', 0, 120],
      ['century|centuries', 0, 1200],
      ['millennium|millennia', 0, 12000],
    ] as const
  ).flatMap(([names, sizeMicros, sizeMonths]) =>
    names.split('|').map((name) => [name, { sizeMicros, sizeMonths }] as const),
  ),
);

/** Runs a query without FROM. */
export type Evaluate = (node: Ast) => Promise<unknown>;

/** The columns that hold event time, in lower case, and their types: `event_time`, and the source's `time` where it is a moment or day. */
export type TimeColumns = ReadonlyMap<string, SqlType>;

export const EVENT_TIME: TimeColumns = new Map([['event_time', 'TIMESTAMP']]);

export function timeColumnsOf(source: SourceDefinition, columns: readonly SourceColumn[]): TimeColumns {
  const own = columns.filter(
    ({ name, type }) =>
      name === 'event_time' || (name === source.time && (type === 'TIMESTAMP' || type === 'DATE')),
  );
  return new Map(own.map(({ name, type }) => [name.toLowerCase(), type]));
}

/**
 * The length of the window that a key is: time_bucket, date_trunc, a cast to DATE or a hop over a column of event time; and
 * such a column that holds days.
 *
 * @param key in terms of the source's columns
 * @returns undefined if the key is no window
 */
export async function windowOf(
  key: Ast | undefined,
  times: TimeColumns,
  evaluate: Evaluate,
): Promise<WindowSize | undefined> {
  if (key === undefined) return undefined;
  const isEventTime = (node: unknown) => timeTypeOf(node, times) !== undefined;
  if (timeTypeOf(key, times) === 'DATE') return UNITS.get('day');
  if (key['class'] === 'CAST') {
    const day = (key['cast_type'] as Ast)['id'] === 'DATE' && isEventTime(key['child']);
    return day ? UNITS.get('day') : undefined;
  }
  if (key['class'] !== 'FUNCTION') return undefined;
  const name = String(key['function_name']).toLowerCase();
  const args = key['children'] as Ast[];
  if (name === 'unnest' && args[0]?.['function_name'] === 'hop_starts')
    return windowOf(args[0], times, evaluate);
  if (name === 'hop' || name === 'hop_starts')
    return isEventTime(args[0]) ? intervalOf(args[1], evaluate) : undefined;
  if (name === 'time_bucket')
    return isEventTime(args[1]) && args.slice(2).every(isConstant)
      ? intervalOf(args[0], evaluate)
      : undefined;
  if (name !== 'date_trunc' && name !== 'datetrunc') return undefined;
  const unit = (args[0]?.['value'] as Ast | undefined)?.['value'];
  return isEventTime(args[1]) && typeof unit === 'string' ? UNITS.get(unit.toLowerCase()) : undefined;
}

/** The order of the keys: the window first (the finest, if there are several), the others as they stand. */
export function orderByWindow(windows: readonly (WindowSize | undefined)[]): number[] {
  const length = (size: WindowSize) => size.sizeMicros + size.sizeMonths * 30 * DAY;
  let first = -1;
  windows.forEach((size, index) => {
    if (size !== undefined && (first < 0 || length(size) < length(windows[first]!))) first = index;
  });
  const others = windows.map((_, index) => index).filter((index) => index !== first);
  return first < 0 ? others : [first, ...others];
}

/** The type of a column of event time; undefined for all else. */
function timeTypeOf(node: unknown, times: TimeColumns): SqlType | undefined {
  const ref = node as Ast | undefined;
  if (!isAst(ref)) return undefined;
  if (ref['class'] === 'CAST') {
    // A cast of the column to the type that it has changes nothing.
    const type = timeTypeOf(ref['child'], times);
    return (ref['cast_type'] as Ast)['id'] === type ? type : undefined;
  }
  if (ref['class'] !== 'COLUMN_REF' || namesOf(ref).length !== 1) return undefined;
  return times.get(namesOf(ref)[0]!.toLowerCase());
}

/** No column in it. */
export function isConstant(node: Ast): boolean {
  return node['class'] !== 'COLUMN_REF' && [...childrenOf(node)].every(isConstant);
}

export async function intervalOf(node: Ast | undefined, evaluate: Evaluate): Promise<WindowSize | undefined> {
  const value = await constantInterval(node, evaluate);
  if (value === undefined) return undefined;
  const sizeMicros = value.days * DAY + Number(value.micros);
  if (value.months > 0 && sizeMicros === 0) return { sizeMicros: 0, sizeMonths: value.months };
  return value.months === 0 && sizeMicros > 0 ? { sizeMicros, sizeMonths: 0 } : undefined;
}

/** The value of a constant interval, or of a text that DuckDB takes for one; undefined if it is neither. */
async function constantInterval(
  node: Ast | undefined,
  evaluate: Evaluate,
): Promise<DuckDBIntervalValue | undefined> {
  if (node === undefined || !isConstant(node)) return undefined;
  const interval: Ast = {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    child: { ...node, alias: '' },
    cast_type: { id: 'INTERVAL', type_info: null },
    try_cast: false,
  };
  const value = await evaluate(selectNode({ select: [interval], from: NO_TABLE }));
  return typeof value === 'object' && value !== null && 'months' in value
    ? (value as DuckDBIntervalValue)
    : undefined;
}

/** Whether a constant is an interval that no window can have: nothing, below nothing, or months and days mixed. */
export async function isNoWidth(node: Ast | undefined, evaluate: Evaluate): Promise<boolean> {
  const value = await constantInterval(node, evaluate);
  return value !== undefined && (await intervalOf(node, evaluate)) === undefined;
}
