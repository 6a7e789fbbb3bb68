/** What a user's SQL makes of records on their way into a file. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TenonError } from '@tenon/errors';
import type { RecordSql } from '@tenon/ports';
import { messageOf, query } from '../sql/database';
import { rowsOf } from '../sql/read';
import { FILE_COLUMNS, HEADERS_TYPE, TABLE_COLUMNS } from './columns';

/** A table of records as SQL sees it: with the texts that are not kept. */
const seen = (table: string) => `SELECT *,
    try(make_timestamp("timestamp" * 1000)) AS "time",
    try(decode("key")) AS key_text,
    try(decode("value")) AS "text",
    TRY_CAST(try(decode("value")) AS JSON) AS "json"
  FROM ${table}`;

const REPLACED = new Set(['key', 'value', 'headers']);

/** The statement that gives a file's rows. @throws TenonError `bad-sql` */
export async function selectOf(
  connection: DuckDBConnection,
  table: string,
  { where, replace = {} }: RecordSql,
): Promise<string> {
  for (const name of Object.keys(replace))
    if (!REPLACED.has(name))
      throw badSql(`${JSON.stringify(name)} cannot be replaced: only key, value and headers can.`);
  if (where === undefined && Object.keys(replace).length === 0) return `SELECT * FROM ${table}`;
  const columns: string[] = [];
  for (const name of FILE_COLUMNS) {
    const expression = Object.hasOwn(replace, name) ? replace[name] : undefined;
    columns.push(
      expression === undefined
        ? `"${name}"`
        : `${await castOf(connection, table, name, expression)} AS "${name}"`,
    );
  }
  const filter = where === undefined ? '' : ` WHERE (${where})`;
  const select = `SELECT ${columns.join(', ')} FROM (${seen(table)})${filter}`;
  await describe(connection, select, where ?? '');
  return select;
}

/** @throws TenonError `bad-sql` */
export async function checkSql(connection: DuckDBConnection, sql: RecordSql): Promise<void> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE __tenon_check (${TABLE_COLUMNS})`);
  await selectOf(connection, '__tenon_check', sql);
}

/** Text stands for its bytes. */
async function castOf(
  connection: DuckDBConnection,
  table: string,
  name: string,
  expression: string,
): Promise<string> {
  const [[, type] = []] = await describe(
    connection,
    `SELECT (${expression}) AS x FROM (${seen(table)})`,
    expression,
  );
  if (name === 'headers') {
    if (String(type).replace(/"/g, '') !== HEADERS_TYPE.replace(/"/g, ''))
      throw badSql(`headers must stay ${HEADERS_TYPE}; this gives ${String(type)}.`);
    return `(${expression})`;
  }
  if (type === 'BLOB') return `(${expression})`;
  if (type === 'VARCHAR' || type === 'JSON') return `encode((${expression})::VARCHAR)`;
  throw badSql(`${name} must be text, JSON or BLOB; ${expression} gives ${String(type)}.`);
}

async function describe(connection: DuckDBConnection, select: string, expression: string) {
  try {
    return rowsOf(await query(connection, `DESCRIBE ${select}`));
  } catch (error) {
    throw badSql(`${expression}: ${messageOf(error)}`);
  }
}

function badSql(message: string): TenonError {
  return new TenonError('bad-sql', message, {
    hint: 'Columns: partition, "offset", timestamp, time, key, key_text, value, text, json, headers.',
  });
}
