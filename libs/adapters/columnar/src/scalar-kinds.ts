/** SQL's types without parts, as Arrow has them. What is not in here is the text that answers show. */
import type { SqlType, Value } from '@tenon/domain';
import { decodeDouble } from '@tenon/domain';
import type { Data, DataType } from 'apache-arrow';
import {
  Bool,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  makeData,
} from 'apache-arrow';
import type { ColumnKind } from './column';
import { Unfit, bitsOf, validityOf } from './column';
import { unscaled, writeInt128 } from './decimals';
import { daysSinceEpoch, unitsSinceEpoch, unitsSinceMidnight } from './moments';

type Numbers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
type Buffers = Numbers | Float32Array | Float64Array | BigInt64Array | BigUint64Array;

/** @param of undefined: the value does not fit */
function fixed<T extends Buffers>(
  sql: SqlType,
  type: DataType,
  make: new (length: number) => T,
  of: (value: Value) => T[number] | undefined,
): ColumnKind {
  return {
    type,
    data(values) {
      const data = new make(values.length);
      for (let at = 0; at < values.length; at++) {
        const value = values[at] as Value;
        if (value === null) continue;
        const one = of(value);
        if (one === undefined) throw new Unfit(value, sql);
        data[at] = one;
        // What is too large for a column of integers goes round in it.
        const isWhole = typeof one === 'bigint' || (Number.isInteger(one) && !(data instanceof Float32Array));
        if (isWhole && data[at] !== one) throw new Unfit(value, sql);
      }
      return makeData({ type, ...validityOf(values), data } as never) as Data;
    },
  };
}

const small = (sql: SqlType, type: DataType, make: new (length: number) => Numbers): ColumnKind =>
  fixed(sql, type, make, (value) =>
    typeof value === 'number' && Number.isInteger(value) ? value : undefined,
  );

const large = (sql: SqlType, type: DataType, make: new (length: number) => BigInt64Array | BigUint64Array) =>
  fixed(sql, type, make as new (length: number) => BigInt64Array, (value) => unscaled(value, 0));

const moments = (sql: SqlType, type: DataType, digits: number) =>
  fixed(sql, type, BigInt64Array, (value) => unitsSinceEpoch(String(value), digits));

function decimal(sql: SqlType, precision: number, scale: number): ColumnKind {
  const type = new Decimal(scale, precision, 128);
  const end = 10n ** BigInt(precision);
  return {
    type,
    data(values) {
      const data = new Uint32Array(values.length * 4);
      values.forEach((value, at) => {
        if (value === null) return;
        const one = unscaled(value, scale);
        if (one === undefined || one >= end || one <= -end) throw new Unfit(value, sql);
        writeInt128(data, at, one);
      });
      return makeData({ type, ...validityOf(values), data });
    },
  };
}

const boolean: ColumnKind = {
  type: new Bool(),
  data: (values) =>
    makeData({
      ...{ type: new Bool(), ...validityOf(values) },
      data: bitsOf(values, (value) => value === true),
    }),
};

/** JSON of what is no text. */
const text: ColumnKind = {
  type: new Utf8(),
  data(values) {
    const valueOffsets = new Int32Array(values.length + 1);
    const pieces: Buffer[] = [];
    let end = 0;
    values.forEach((value, at) => {
      if (value !== null) {
        const piece = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
        pieces.push(piece);
        end += piece.length;
      }
      valueOffsets[at + 1] = end;
    });
    const data = new Uint8Array(Buffer.concat(pieces));
    return makeData({ type: new Utf8(), ...validityOf(values), valueOffsets, data });
  },
};

const UTC = 'UTC';

const KINDS: Readonly<Record<string, (sql: SqlType) => ColumnKind>> = {
  TINYINT: (sql) => small(sql, new Int8(), Int8Array),
  SMALLINT: (sql) => small(sql, new Int16(), Int16Array),
  INTEGER: (sql) => small(sql, new Int32(), Int32Array),
  BIGINT: (sql) => large(sql, new Int64(), BigInt64Array),
  UTINYINT: (sql) => small(sql, new Uint8(), Uint8Array),
  USMALLINT: (sql) => small(sql, new Uint16(), Uint16Array),
  UINTEGER: (sql) => small(sql, new Uint32(), Uint32Array),
  UBIGINT: (sql) => large(sql, new Uint64(), BigUint64Array),
  // What sums of integers are. No tool reads wider decimals.
  HUGEINT: (sql) => decimal(sql, 38, 0),
  FLOAT: (sql) => fixed(sql, new Float32(), Float32Array, decodeDouble),
  DOUBLE: (sql) => fixed(sql, new Float64(), Float64Array, decodeDouble),
  BOOLEAN: () => boolean,
  DATE: (sql) => fixed(sql, new DateDay(), Int32Array, (value) => daysSinceEpoch(String(value))),
  TIME: (sql) =>
    fixed(sql, new TimeMicrosecond(), BigInt64Array, (value) => unitsSinceMidnight(String(value), 6)),
  TIMESTAMP: (sql) => moments(sql, new TimestampMicrosecond(), 6),
  // Parquet has no seconds.
  TIMESTAMP_S: (sql) => moments(sql, new TimestampMillisecond(), 3),
  TIMESTAMP_MS: (sql) => moments(sql, new TimestampMillisecond(), 3),
  TIMESTAMP_NS: (sql) => moments(sql, new TimestampNanosecond(), 9),
  TIMESTAMPTZ: (sql) => moments(sql, new TimestampMicrosecond(UTC), 6),
  'TIMESTAMP WITH TIME ZONE': (sql) => moments(sql, new TimestampMicrosecond(UTC), 6),
};

/** @param name in capital letters. @returns text for all that has no type that every tool reads: INTERVAL, UUID, ENUM, … */
export function scalarKind(sql: SqlType, name: string, args: readonly string[]): ColumnKind {
  if (name === 'DECIMAL') return decimal(sql, Number(args[0] ?? 18), Number(args[1] ?? 3));
  return Object.hasOwn(KINDS, name) ? (KINDS[name] as (sql: SqlType) => ColumnKind)(sql) : text;
}
