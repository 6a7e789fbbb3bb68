/** DuckDB's values as Tenon carries them in JSON (docs/values.md). */
import { DuckDBDecimalValue, DuckDBTypeId } from '@duckdb/node-api';
import type {
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampValue,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api';
import { formatMicros } from '@tenon/domain';
import type { Value } from '@tenon/domain';

export type Encoder = (value: DuckDBValue) => Value;

/** Reads one column of a chunk by row. */
export type Column = (row: number) => Value;

/** The column's values, encoded. */
export function columnOf(chunk: DuckDBDataChunk, index: number): Column {
  const vector = chunk.getColumnVector(index);
  const encode = encoderOf(vector.type);
  return (row) => encode(vector.getItem(row));
}

/** All rows of a result with few of them. */
export function rowsOf(chunks: readonly DuckDBDataChunk[]): Value[][] {
  const rows: Value[][] = [];
  for (const chunk of chunks) {
    const columns = Array.from({ length: chunk.columnCount }, (_, index) => columnOf(chunk, index));
    for (let row = 0; row < chunk.rowCount; row++) rows.push(columns.map((column) => column(row)));
  }
  return rows;
}

const itself: Encoder = (value) => value as Value;

export function encodeBigInt(value: bigint): number | string {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value.toString();
}

/** JSON has no minus zero, and SQL takes it for zero. */
export const encodeDouble = (value: number) => (Number.isFinite(value) ? value + 0 : String(value));

export function encoderOf(type: DuckDBType): Encoder {
  const encode = nonNullEncoder(type);
  return encode === itself ? itself : (value) => (value === null ? null : encode(value));
}

function nonNullEncoder(type: DuckDBType): Encoder {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.VARCHAR:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
      return itself;
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return (value) => encodeBigInt(value as bigint);
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.FLOAT:
      return (value) => encodeDouble(value as number);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return (value) => encodeTimestamp((value as DuckDBTimestampValue).micros);
    case DuckDBTypeId.DATE:
      return (value) => (value as DuckDBDateValue).toString();
    case DuckDBTypeId.LIST: {
      const encode = encoderOf((type as DuckDBListType).valueType);
      return (value) => (value as DuckDBListValue).items.map(encode);
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type as DuckDBStructType;
      const encoders = entryTypes.map(encoderOf);
      return (value) => {
        const { entries } = value as DuckDBStructValue;
        return Object.fromEntries(entryNames.map((name, index) => [name, encoders[index]!(entries[name]!)]));
      };
    }
    case DuckDBTypeId.MAP: {
      const encodeKey = encoderOf((type as DuckDBMapType).keyType);
      const encodeValue = encoderOf((type as DuckDBMapType).valueType);
      return (value) =>
        (value as DuckDBMapValue).entries.map(({ key, value: item }) => [encodeKey(key), encodeValue(item)]);
    }
    default:
      return (value) => String(value);
  }
}

/** The unscaled integer of a DECIMAL, or the integer itself. */
export function bigIntOf(value: DuckDBValue): bigint {
  return value instanceof DuckDBDecimalValue ? value.value : (value as bigint);
}

const INFINITY = 9223372036854775807n;
/** Windows repeat from cell to cell: their texts are made once. */
const timestamps = new Map<bigint, string>();

function encodeTimestamp(micros: bigint): string {
  let text = timestamps.get(micros);
  if (text === undefined) {
    if (timestamps.size > 10_000) timestamps.clear();
    text = micros === INFINITY ? 'infinity' : micros === -INFINITY ? '-infinity' : formatMicros(micros);
    timestamps.set(micros, text);
  }
  return text;
}
