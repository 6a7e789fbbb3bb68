/** What a rows request asks for, checked in full before anything is read. */
import type { RowsFormat, RowsOption, WholeNumber } from '@tenon/contracts';
import {
  ROWS_FORMATS,
  ROWS_LAYERS,
  ROWS_LIMIT,
  ROWS_ORDERS,
  ROWS_PREFIXES,
  ROWS_TIMEOUT,
  decodeReceipt,
  keyAfter,
} from '@tenon/contracts';
import type { OffsetVector, Plan, SqlType, Value } from '@tenon/domain';
import { canonicalTimestamp, compareValues, keyPattern, keyPrefix } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { CellRange, Layer } from '@tenon/views';
import { ALL_CELLS } from '@tenon/views';
import type { QueryNames } from './query-names';
import { queryNames } from './query-names';
import type { AsOf } from './as-of';
import { parseAsOf } from './as-of';
import { hasEmpty, valuesOf } from './dimension-values';

export interface RowsQuery {
  readonly range: CellRange;
  /** Key part → the text that its value must have; null: it must be NULL. */
  readonly where: readonly { readonly part: number; readonly type: SqlType; readonly text: string | null }[];
  readonly layer: Layer;
  readonly after: OffsetVector | null;
  readonly timeoutMs: number;
  readonly limit: number;
  /** Null: as `Accept` has it. */
  readonly format: RowsFormat | null;
  /** Null: now. */
  readonly asOf: AsOf | null;
  /** Of the product that it was read for. */
  readonly version: number;
  /** What chooses and orders rows, however it is written: a cursor is good for this question alone. */
  readonly question: string;
  /** As it came. */
  readonly asked: Readonly<Record<string, string>>;
}

/** They choose or order no rows of a live stream. */
const NOT_LIVE = ['cursor', 'after', 'layer', 'order', 'timeout', 'asOf', 'format'] as const;

type Options = QueryNames['options'];

/** @throws HttpProblem 400 naming the parameter that is wrong */
export function parseRowsQuery(plan: Plan, query: Readonly<Record<string, string>>): RowsQuery {
  return rowsQuery(plan, queryNames(plan, query), query);
}

/**
 * What a live stream is asked for.
 * @param rows of the snapshot, unless it is said
 */
export function parseLiveQuery(plan: Plan, query: Readonly<Record<string, string>>, rows: number): RowsQuery {
  const { options, columns } = queryNames(plan, query);
  const parameter = NOT_LIVE.find((name) => options[name] !== undefined);
  if (parameter !== undefined)
    throw new HttpProblem(400, 'unknown-parameter', `${parameter} does not apply to live updates.`, {
      parameter,
    });
  return rowsQuery(plan, { columns, options: { limit: String(rows), ...options } }, query);
}

function rowsQuery(plan: Plan, names: QueryNames, asked: Readonly<Record<string, string>>): RowsQuery {
  const { options: query } = names;
  const bounds = windowBounds(plan, query);
  if (query.asOf !== undefined && query.after !== undefined)
    throw bad('after', 'after waits for what comes, asOf asks for what was: it is one or the other.');
  const cursor = query.cursor === undefined ? null : parseCursor(query.cursor, names);
  const reverse = choice(query, 'order', ROWS_ORDERS) === 'desc';
  // A page begins right after the last cell of the one before.
  const range =
    cursor === null ? bounds : reverse ? { ...bounds, lt: cursor } : { ...bounds, gte: keyAfter(cursor) };
  const where: { part: number; type: SqlType; text: string | null }[] = [];
  for (const [part, text] of names.columns)
    where.push({ part, text, type: plan.key[part]?.type ?? 'VARCHAR' });
  const limit = integer(query, 'limit', ROWS_LIMIT);
  return {
    range: rangeOf(plan, { ...range, reverse, expected: limit + 1 }, where),
    where,
    layer: choice(query, 'layer', ROWS_LAYERS),
    after: query.after === undefined ? null : receipt(plan, query.after),
    timeoutMs: integer(query, 'timeout', ROWS_TIMEOUT),
    limit,
    format: query.format === undefined ? null : choice(query, 'format', ROWS_FORMATS),
    asOf: query.asOf === undefined ? null : parseAsOf(query.asOf),
    version: plan.version,
    question: questionOf(names),
    asked,
  };
}

function rangeOf(plan: Plan, bounds: CellRange, where: RowsQuery['where']): CellRange {
  if (where.length === 0) return bounds;
  let pattern: string | null | undefined;
  return {
    ...bounds,
    fixed: fixedBy(plan, where),
    // Where an order tells all, it is not asked for.
    get pattern() {
      return (pattern ??= patternBy(plan, where));
    },
  };
}

const patternBy = ({ key }: Plan, where: RowsQuery['where']): string | null =>
  keyPattern(
    key.map(({ type }) => type),
    key.map((_, part) => where.find((one) => one.part === part)?.text || undefined),
  );

function windowBounds(plan: Plan, query: Options): CellRange {
  const { from, to } = query;
  if (from === undefined && to === undefined) return ALL_CELLS;
  if (plan.window === null)
    throw bad(from === undefined ? 'to' : 'from', `${plan.product} has no window: it is a running total.`);
  const first = from === undefined ? null : instant('from', from);
  const end = to === undefined ? null : instant('to', to);
  if (first !== null && end !== null && isLater(first, end)) throw bad('from', 'from is later than to.');
  return {
    gte: first === null ? ALL_CELLS.gte : windowKey(plan, first),
    lt: end === null ? ALL_CELLS.lt : windowKey(plan, end),
  };
}

/** The key that sorts at the first window that starts at an instant. */
function windowKey(plan: Plan, text: string): string {
  const type = plan.key[0]?.type ?? 'TIMESTAMP';
  return keyPrefix([type], [type === 'DATE' ? text.slice(0, 10) : text]);
}

/** The moment as keys have it. */
function instant(name: string, text: string): string {
  const moment = canonicalTimestamp(text);
  if (moment === undefined) throw bad(name, `${name} is no time: write it like 2001-01-31T00:00:00Z.`);
  return moment;
}

const isLater = (a: string, b: string) => compareValues('TIMESTAMP', a, b) > 0;

/** Of each part of the key the values that are asked for; undefined: any. */
const fixedBy = (plan: Plan, where: RowsQuery['where']) =>
  plan.key.map((_, part) => {
    const one = where.find((asked) => asked.part === part);
    return one && (one.text === null ? [null] : valuesOf(one.type, one.text));
  });

/** True if a key has the texts that the query asks for. An empty text is NULL too where it can be no value of the type. */
export function matches(where: RowsQuery['where'], key: readonly Value[]): boolean {
  return where.every(({ part, type, text }) => sameText(type, key[part] ?? null, text));
}

function sameText(type: SqlType, value: Value, text: string | null): boolean {
  if (value === null || text === null)
    return value === null && (text === null || (text === '' && !hasEmpty(type)));
  if (typeof value === 'string' && value === text) return true;
  if (type.startsWith('TIMESTAMP')) return sameMoment(text, String(value));
  if (typeof value === 'number' || type.startsWith('DECIMAL'))
    return text.trim() !== '' && Number(text) === Number(value);
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)) === text;
}

function sameMoment(a: string, b: string): boolean {
  const moment = canonicalTimestamp(a);
  return moment !== undefined && moment === canonicalTimestamp(b);
}

function receipt(plan: Plan, text: string): OffsetVector {
  const offsets = decodeReceipt(text);
  if (offsets === undefined) throw bad('after', 'after is not a receipt of this interface.');
  if (offsets[plan.source] === undefined && Object.keys(offsets).length > 0)
    throw bad(
      'after',
      `The receipt is for ${Object.keys(offsets).join(', ')}; ${plan.product} reads ${plan.source}.`,
    );
  return offsets;
}

/** The first that is known where it is not given. */
function choice<T extends string>(query: Options, name: RowsOption, known: readonly [T, ...T[]]): T {
  const text = query[name];
  if (text === undefined) return known[0];
  if (!(known as readonly string[]).includes(text)) throw bad(name, `${name} is one of ${known.join(', ')}.`);
  return text as T;
}

function integer(query: Options, name: RowsOption, { min, max, otherwise }: WholeNumber): number {
  const text = query[name];
  if (text === undefined) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw bad(name, `${name} is a whole number from ${min} to ${max}.`);
  return value;
}

const bad = (parameter: string, detail: string) =>
  new HttpProblem(400, 'bad-parameter', detail, { parameter });

/** A cursor holds the last cell of a page and what was asked, so that it can't be used for another question. */
export function makeCursor(
  cell: string,
  { question, version }: Pick<RowsQuery, 'question' | 'version'>,
): string {
  return Buffer.from(JSON.stringify({ v: 1, c: cell, q: question, p: version })).toString('base64url');
}

/**
 * The version of the product that a question is for, where it is for a certain one: as it says, or as the page before was of.
 *
 * @param plan of the version that the name answers with
 * @throws HttpProblem 400
 */
export function versionAsked(plan: Plan, query: Readonly<Record<string, string>>): number | undefined {
  const version = optionIn(plan, query, 'version');
  if (version !== undefined) return versionIn(version);
  const cursor = optionIn(plan, query, 'cursor');
  return cursor === undefined ? undefined : versionOfCursor(cursor);
}

const EXPLICIT = {
  version: `${ROWS_PREFIXES.option}version`,
  cursor: `${ROWS_PREFIXES.option}cursor`,
} as const;

function optionIn(
  plan: Plan,
  query: Readonly<Record<string, string>>,
  name: keyof typeof EXPLICIT,
): string | undefined {
  const explicit = query[EXPLICIT[name]];
  if (explicit !== undefined) return explicit;
  const plain = query[name];
  return plain === undefined || plan.key.some((key) => key.column === name) ? undefined : plain;
}

/** @throws HttpProblem 400 */
export function versionIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw bad('version', 'version is the number of a version, from 1 on.');
}

/** Of one that can't be read, nothing: it is refused when it is. */
function versionOfCursor(text: string): number | undefined {
  try {
    const { p } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as { p?: unknown };
    return typeof p === 'number' && Number.isSafeInteger(p) && p > 0 ? p : undefined;
  } catch {
    return undefined;
  }
}

function parseCursor(text: string, names: QueryNames): string {
  try {
    const value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as {
      v?: unknown;
      c?: unknown;
      q?: unknown;
    } | null;
    if (
      value?.v === 1 &&
      typeof value.c === 'string' &&
      /^[\x20-\x7d]*$/.test(value.c) &&
      value.q === questionOf(names)
    )
      return value.c;
  } catch {
    // falls through to the same answer as any other forged cursor
  }
  throw bad(
    'cursor',
    'cursor is not one that this question was answered with; ask without it for the first page.',
  );
}

/** What chooses and orders rows, however it is written. */
function questionOf({ options, columns }: QueryNames): string {
  const { from, to, layer, order } = options;
  return JSON.stringify([{ from, to, layer, order }, [...columns].sort(([a], [b]) => a - b)]);
}
