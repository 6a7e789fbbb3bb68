/** Whether what was read is what a plan's cells are made of: their number, and the form of each. Checksums do not say it. */
import type { SqlType } from '../sql-value';
import { indexWidth } from './hyperloglog';
import { DISTINCT_PRECISION } from './distinct';
import type { StateSpec } from './spec';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isCount = (value: unknown): boolean => isWhole(value) && value > 0;

const DIGITS = /^-?\d+$/;
/** A safe JSON integer, else its digits. */
const isInteger: Check = (value) =>
  typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && DIGITS.test(value);

const isNumberOrText: Check = (value) => typeof value === 'number' || typeof value === 'string';

/** Values that are not null. Of what is composed (`VARCHAR[]`, too), or written in several ways, only that it is something. */
function valueCheck(type: SqlType): Check {
  if (type === 'BOOLEAN') return isBoolean;
  if (/^(VARCHAR(\(\d+\))?|DATE|TIMESTAMP(_\w+| WITH TIME ZONE)?|UUID|BLOB)$/.test(type)) return isText;
  if (/^U?(TINYINT|SMALLINT|INTEGER)$/.test(type)) return isWhole;
  if (/^U?(BIGINT|HUGEINT)$/.test(type)) return isInteger;
  if (/^(DECIMAL(\(\d+, ?\d+\))?|DOUBLE|FLOAT)$/.test(type)) return isNumberOrText;
  return (value) => value !== undefined;
}

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** Registers as texts: `d` with a digit for each, `s` with entries of an index and a digit. */
function registers(precision: number): Check {
  const [dense, entry] = [1 + 2 ** precision, indexWidth(precision) + 1];
  return (value) => {
    if (typeof value !== 'string') return false;
    if (value.startsWith('d')) return value.length === dense;
    return value.startsWith('s') && (value.length - 1) % entry === 0 && value.length <= dense;
  };
}

const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

const isBuckets: Check = (value) => {
  if (!Array.isArray(value) || value.length % 2 !== 0) return false;
  for (let at = 0; at < value.length; at += 2) {
    if (!isWhole(value[at]) || !isCount(value[at + 1])) return false;
    if (at > 0 && value[at] <= value[at - 2]) return false;
  }
  return true;
};

function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (const one of value) if (!check(one)) return false;
    return true;
  };
}

function checkOf(spec: StateSpec): Check {
  switch (spec.kind) {
    case 'count':
    case 'sum':
      return isInteger;
    case 'sum_double':
      return (value) => {
        if (!Array.isArray(value) || (value.length !== 2 && value.length !== 5)) return false;
        return isInteger(value[0]) && value.slice(1).every(isWhole);
      };
    case 'min':
    case 'max':
      return valueCheck(spec.type);
    case 'arg_min':
    case 'arg_max': {
      const [by, of] = [orNull(valueCheck(spec.by)), orNull(valueCheck(spec.type))];
      return (value) => {
        if (!Array.isArray(value) || value.length < 2 || value.length > 4) return false;
        if (!by(value[0]) || !of(value[1])) return false;
        return value.length === 2 || (isText(value[2]) && (value.length === 3 || value[3] === true));
      };
    }
    case 'distinct': {
      const [values, beyond] = [listOf(valueCheck(spec.type)), registers(DISTINCT_PRECISION)];
      return (value) => {
        const { s, h } = members(value);
        return s === undefined ? beyond(h) : h === undefined && values(s);
      };
    }
    case 'hll':
      return registers(spec.precision);
    case 'ddsketch':
      return (value) => {
        const { z, p, n } = members(value);
        return isWhole(z) && z >= 0 && isBuckets(p) && isBuckets(n);
      };
    case 'counts': {
      const of = valueCheck(spec.type);
      const pairs = listOf(
        (pair) => Array.isArray(pair) && pair.length === 2 && of(pair[0]) && isCount(pair[1]),
      );
      return (value) => {
        const { c, o } = members(value);
        return o === undefined ? pairs(c) : o === true && c === undefined;
      };
    }
  }
}

/** What a plan's cells look like. */
export interface CellShape {
  /** Of a key and of states, as they were read; whatever they are. */
  fits(key: unknown, states: unknown): boolean;
}

function arrayOf(checks: readonly Check[]): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length !== checks.length) return false;
    for (let at = 0; at < checks.length; at++)
      if (value[at] !== null && !checks[at]!(value[at])) return false;
    return true;
  };
}

/** Made once for a plan: it costs a cell a fraction of a microsecond for each state. */
export function cellShape(plan: {
  readonly key: readonly { readonly type: SqlType }[];
  readonly states: readonly StateSpec[];
}): CellShape {
  const [ofKey, ofStates] = [
    arrayOf(plan.key.map(({ type }) => valueCheck(type))),
    arrayOf(plan.states.map(checkOf)),
  ];
  return { fits: (key, states) => ofKey(key) && ofStates(states) };
}
