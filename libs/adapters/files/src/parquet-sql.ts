/** SQL that turns a Parquet row into the text of one JSON object, every digit kept. */
import type { DuckDBType } from '@duckdb/node-api';
import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import type { Declared, DeclaredField } from './declared';
import { jsonOfNull } from './declared';

const T = DuckDBTypeId;
const INTEGERS: readonly DuckDBTypeId[] = [
  ...[T.TINYINT, T.SMALLINT, T.INTEGER, T.BIGINT, T.HUGEINT],
  ...[T.UTINYINT, T.USMALLINT, T.UINTEGER, T.UBIGINT, T.UHUGEINT],
];
const TIMESTAMPS: readonly DuckDBTypeId[] = [T.TIMESTAMP, T.TIMESTAMP_S, T.TIMESTAMP_MS, T.TIMESTAMP_NS];

export const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;
const jsonText = (expression: string) => `CAST(to_json(CAST(${expression} AS VARCHAR)) AS VARCHAR)`;

/**
 * An expression over the columns of the file that gives the JSON text of the row.
 *
 * @param columns with the names that DuckDB gives them, and those that they have in the file
 */
export function rowExpression(
  columns: readonly { readonly name: string; readonly type: DuckDBType; readonly label: string }[],
  declared: Declared,
): string {
  const members = columns.map(({ name, type, label: named }) => {
    const field = declared?.get(named);
    const label = quoteText(`${JSON.stringify(named)}:`);
    const member = `${label} || ${valueExpression(quoteName(name), type, field)}`;
    const absent = jsonOfNull(field);
    return absent === null ? member : `coalesce(${member}, ${label} || ${quoteText(absent)})`;
  });
  // concat_ws leaves out NULLs: a field without a value is left out unless the schema allows null.
  return `'{' || concat_ws(',', ${members.join(', ')}) || '}'`;
}

/** The JSON text of a value, or NULL for NULL. */
function valueExpression(value: string, type: DuckDBType, field?: DeclaredField, depth = 0): string {
  const wantsText =
    field !== undefined &&
    field.types.length > 0 &&
    field.types.every((one) => one === 'string' || one === 'null');
  if (INTEGERS.includes(type.typeId) || type instanceof DuckDBDecimalType)
    return wantsText ? jsonText(value) : `CAST(${value} AS VARCHAR)`;
  if (type.typeId === T.BOOLEAN) return wantsText ? jsonText(value) : `CAST(${value} AS VARCHAR)`;
  if (type.typeId === T.DOUBLE || type.typeId === T.FLOAT) {
    const finite = wantsText ? jsonText(value) : `CAST(${value} AS VARCHAR)`;
    return `CASE WHEN isfinite(${value}) THEN ${finite} ELSE ${jsonText(value)} END`;
  }
  if (TIMESTAMPS.includes(type.typeId)) return timestamp(`CAST(${value} AS VARCHAR)`);
  if (type.typeId === T.TIMESTAMP_TZ) return timestamp(`CAST(make_timestamp(epoch_us(${value})) AS VARCHAR)`);
  if (type.typeId === T.BLOB) return jsonText(`base64(${value})`);
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    const item = `x${depth}`;
    const list = `list_transform(${value}, lambda ${item}: ${orNull(valueExpression(item, type.valueType, undefined, depth + 1))})`;
    return `'[' || array_to_string(${list}, ',') || ']'`;
  }
  if (type instanceof DuckDBStructType) {
    const members = type.entryNames.map((name, index) => {
      const inner = valueExpression(
        `struct_extract(${value}, ${quoteText(name)})`,
        type.entryTypes[index]!,
        undefined,
        depth,
      );
      return `${quoteText(`${JSON.stringify(name)}:`)} || ${orNull(inner)}`;
    });
    return `CASE WHEN ${value} IS NOT NULL THEN '{' || concat_ws(',', ${members.join(', ')}) || '}' END`;
  }
  if (type instanceof DuckDBMapType) {
    const item = `x${depth}`;
    const inner = orNull(valueExpression(`${item}.value`, type.valueType, undefined, depth + 1));
    const list = `list_transform(map_entries(${value}), lambda ${item}: ${jsonText(`${item}.key`)} || ':' || ${inner})`;
    return `'{' || array_to_string(${list}, ',') || '}'`;
  }
  if (type.alias === 'JSON') return `CAST(${value} AS VARCHAR)`;
  return textExpression(value, field);
}

const orNull = (expression: string) => `coalesce(${expression}, 'null')`;
const timestamp = (text: string) => `'"' || replace(${text}, ' ', 'T') || 'Z"'`;

/** Texts that the schema takes for times or for JSON are brought into its form; the rest stay texts. */
function textExpression(value: string, field: DeclaredField | undefined): string {
  if (field?.format === 'date-time') {
    const text = `CAST(${value} AS VARCHAR)`;
    const plain = `regexp_full_match(${text}, '\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?')`;
    return `CASE WHEN ${plain} THEN ${timestamp(text)} ELSE ${jsonText(value)} END`;
  }
  if (field?.types.includes('object') || field?.types.includes('array')) {
    return `CASE WHEN json_valid(${value}) THEN ${value} ELSE ${jsonText(value)} END`;
  }
  return jsonText(value);
}
