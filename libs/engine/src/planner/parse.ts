import type { DuckDBConnection } from '@duckdb/node-api';
import { type Ast, isFaithful, locationOf, parseSql } from '../sql/ast';
import { RESERVED } from './names';
import type { ProblemList } from './problems';
import { sameName } from './scope';
import { quoteName } from '../sql/text';

/**
 * The parse tree of a product's SQL.
 *
 * @param fields columns of the source: one that is called as a word of SQL has to be quoted
 * @throws Refusal if it is not one SELECT
 */
export async function parseProduct(
  connection: DuckDBConnection,
  sql: string,
  problems: ProblemList,
  fields: readonly string[],
): Promise<Ast> {
  const refuse = (code: string, at: number | undefined, message: string, hint?: string): never => {
    problems.add(code, at, message, hint);
    return problems.fail();
  };
  const reserved = RESERVED.exec(sql);
  if (reserved !== null) {
    const at = Buffer.byteLength(sql.slice(0, reserved.index));
    return refuse(
      'reserved-name',
      at,
      `${JSON.stringify(reserved[0])} is reserved for Tenon.`,
      'Use another name.',
    );
  }
  const parsed = await parseSql(connection, sql);
  if (!Array.isArray(parsed)) {
    if (/^Only SELECT/.test(parsed.message)) {
      return refuse(
        'not-a-select',
        parsed.at,
        'A product is one SELECT.',
        'Write SELECT … FROM source GROUP BY …',
      );
    }
    const word = fieldAt(sql, parsed.at, fields);
    const hint = word && `${word} is a word of SQL: for the field of that name write ${quoteName(word)}.`;
    return refuse('parse-error', parsed.at, `The SQL cannot be read: ${parsed.message}.`, hint);
  }
  const [top, second] = parsed;
  if (top === undefined)
    return refuse('no-sql', undefined, 'There is no SQL.', 'Write SELECT … FROM source GROUP BY …');
  if (second !== undefined) {
    const at = (second['select_list'] as Ast[] | undefined)?.[0];
    return refuse(
      'several-statements',
      at && locationOf(at),
      'A product is one SELECT; here are several statements.',
      'Declare one product for each.',
    );
  }
  if (await isFaithful(connection, top)) return top;
  return refuse(
    'not-supported',
    undefined,
    'DuckDB cannot write this SQL back as it was.',
    'Please report it; another spelling will do.',
  );
}

/** The word that the parser stumbles over, or the one before it, if a field is called so. */
function fieldAt(sql: string, at: number | undefined, fields: readonly string[]): string | undefined {
  if (at === undefined) return undefined;
  const bytes = Buffer.from(sql);
  const before = /([A-Za-z_]\w*)\s*$/.exec(bytes.subarray(0, at).toString())?.[1];
  const own = /^[A-Za-z_]\w*/.exec(bytes.subarray(at).toString())?.[0];
  return [own, before].find((word) => fields.some((field) => sameName(field, word ?? '')));
}
