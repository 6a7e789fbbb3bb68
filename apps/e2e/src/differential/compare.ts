/** An answer's rows against the oracle's: values by type, each to the last digit unless the column says otherwise. */
import { exactMean, exactSum } from '../exactness/arithmetic';
import type { OracleRows } from './oracle';
import type { Comparison, DrawnProduct } from './products';

export type AnswerRow = Readonly<Record<string, unknown>>;

const plainNumber = (value: unknown) => {
  const text = String(value);
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '') return text;
  const digits = fraction.replace(/0+$/, '');
  const size = `${whole.replace(/^0+(?=\d)/, '')}${digits === '' ? '' : `.${digits}`}`;
  return size === '0' ? '0' : sign + size;
};

/** With offsets, moments reach a day beyond the years 1 to 9999. */
const moment = (value: unknown) =>
  String(value)
    .replace(/^\+0/, '')
    .replace(/^0001(-.*) \(BC\)$/, '0000$1')
    .replace('T', ' ')
    .replace(/Z$|\+00$/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
    .replace(/ 00:00:00$/, '');

/** A text that is the same for what is the same of this type. */
function normal(value: unknown, type: string): string {
  if (value === null || value === undefined) return 'null';
  const map = /^MAP\((.*), \w+\)$/.exec(type);
  if (map !== null) {
    const pairs = Array.isArray(value)
      ? value.map((pair: unknown) =>
          Array.isArray(pair) ? pair : [(pair as AnswerRow)['key'], (pair as AnswerRow)['value']],
        )
      : Object.entries(value as object);
    return JSON.stringify(
      pairs.map(([key, count]) => `${normal(key, map[1] as string)}: ${plainNumber(count)}`).sort(),
    );
  }
  if (/^(TIMESTAMP|DATE)/.test(type)) return moment(value);
  if (/INT$|^INTEGER$|^DECIMAL/.test(type)) return plainNumber(value);
  if (/^(DOUBLE|FLOAT)/.test(type)) return String(Number(value) === 0 ? 0 : Number(value));
  return JSON.stringify(value);
}

const isNear = (ours: number, theirs: number) =>
  Math.abs(ours - theirs) <= 1e-9 + 1e-12 * Math.max(Math.abs(ours), Math.abs(theirs));

/** Of equally frequent values the smaller; only where there are none is it plain which. */
function modes(list: readonly unknown[], type: string): Set<string> {
  const counts = new Map<string, number>();
  for (const value of list) {
    if (value === null) continue;
    const name = normal(value, type);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return new Set([...counts].filter(([, count]) => count === most).map(([name]) => name));
}

function same(ours: unknown, theirs: unknown, type: string, compare: Comparison): boolean {
  if (compare === 'exact') return normal(ours, type) === normal(theirs, type);
  if (compare === 'near')
    return ours === null || theirs === null ? ours === theirs : isNear(Number(ours), Number(theirs));
  const list = ((theirs ?? []) as readonly unknown[]).filter((value) => value !== null);
  if (list.length === 0) return ours === null;
  if (compare === 'mode of list')
    return modes(list, type.replace(/\[\]$/, '')).has(normal(ours, type.replace(/\[\]$/, '')));
  const numbers = list.map(Number).sort((a, b) => a - b);
  if (compare === 'quantile of list') {
    const exact = numbers[Math.floor((numbers.length - 1) / 2)] as number;
    return Math.abs(Number(ours) - exact) <= 0.0101 * Math.abs(exact) + 0.5;
  }
  const exact = compare === 'sum of list' ? exactSum(numbers) : exactMean(numbers);
  return normal(ours, 'DOUBLE') === normal(exact, 'DOUBLE');
}

/** @returns the first difference, in words; null if there is none */
export function difference(
  product: DrawnProduct,
  ours: readonly AnswerRow[],
  oracle: OracleRows,
): string | null {
  // Where nothing counts there are no cells; SQL gives a row of nulls if nothing is grouped by.
  const isEmpty = product.keys.length === 0 && ours.length === 0;
  if (isEmpty && (oracle.events === 0 || Number(oracle.rows[0]?.[0]) === 0)) return null;
  const columns = [...product.keys, ...product.columns];
  const keyOf = (values: readonly unknown[]) =>
    JSON.stringify(product.keys.map((_, index) => normal(values[index], oracle.types[index] as string)));
  const expected = new Map(oracle.rows.map((row) => [keyOf(row), row]));
  for (const row of ours) {
    const values = columns.map(({ alias }) => row[alias]);
    const missing = columns.find(({ alias }) => !Object.hasOwn(row, alias));
    if (missing !== undefined) return `column ${missing.alias} is missing in ${JSON.stringify(row)}`;
    const key = keyOf(values);
    const want = expected.get(key);
    if (want === undefined)
      return `${key.slice(0, 300)} should not be there: ${JSON.stringify(row).slice(0, 500)}`;
    expected.delete(key);
    for (const [index, { sql, compare }] of columns.entries())
      if (!same(values[index], want[index], oracle.types[index] as string, compare))
        return `${sql} is ${JSON.stringify(values[index])?.slice(0, 500)}, DuckDB has ${JSON.stringify(want[index]).slice(0, 500)}, at ${key.slice(0, 300)}`;
  }
  const [lacking] = expected;
  return lacking === undefined
    ? null
    : `${expected.size} rows are missing, e.g. ${JSON.stringify(lacking[1]).slice(0, 500)}`;
}
