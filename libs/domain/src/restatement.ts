/**
 * Corrections: a version of a product that is built with events left out, or with columns replaced, by rules. Rules are SQL in the
 * version's own definition, so both layers hold to them, and whoever reads the SQL sees them. Pure.
 */
import { quoteIdentifier, quoteLiteral } from './sql-quotes';
import { formatTimestamp } from './time';

/** Events are meant that any of `ids`, `correlationIds`, `where` names (all, where none is given), with event times in [from, to). */
export interface RestatementRule {
  readonly ids?: readonly string[];
  readonly correlationIds?: readonly string[];
  /** A condition in SQL on the columns of the source; events of which it is NULL are not meant. */
  readonly where?: string;
  /** Microseconds since 1970. */
  readonly from?: number;
  readonly to?: number;
  /** Column → SQL that its value is in the place of the one that came. Absent: the events are left out. */
  readonly replace?: Readonly<Record<string, string>>;
}

export interface Restatement {
  /** The version that was served when it was asked for. */
  readonly of: number;
  /** The definition without any rule. */
  readonly sql: string;
  /** The oldest first; each judges events as they came. Of a column that several replace the last rule that means the event holds. */
  readonly rules: readonly RestatementRule[];
}

/**
 * @param columns of the source that the definition reads
 * @returns the definition over a relation of the source's name, in which the rules are done
 */
export function restatedSql(source: string, columns: readonly string[], { sql, rules }: Restatement): string {
  const leaveOut = rules.filter(({ replace }) => replace === undefined).map(conditionOf);
  const where = leaveOut.map((condition) => `NOT coalesce(${condition}, false)`);
  const read = columns.map((column) => replaced(column, rules)).join(', ');
  const name = quoteIdentifier(source);
  const relation = `${name} AS (\n  SELECT ${read}\n  FROM ${name}${where.length === 0 ? '' : `\n  WHERE ${where.join('\n    AND ')}`}\n)`;
  const { head, rest } = withoutHead(sql);
  const merged = /^with\b/i.exec(rest);
  return merged === null
    ? `${head}WITH ${relation}\n${rest}`
    : `${head}WITH ${relation},${rest.slice(merged[0].length)}`;
}

function replaced(column: string, rules: readonly RestatementRule[]): string {
  const name = quoteIdentifier(column);
  const cases = rules.flatMap((rule) => {
    const { replace = {} } = rule;
    return Object.hasOwn(replace, column)
      ? [`WHEN coalesce(${conditionOf(rule)}, false) THEN (${replace[column]}\n)`]
      : [];
  });
  return cases.length === 0 ? name : `CASE ${cases.reverse().join(' ')} ELSE ${name} END AS ${name}`;
}

/** What a rule means. A text in SQL ends with its line, as it may end with a comment. */
function conditionOf({ ids, correlationIds, where, from, to }: RestatementRule): string {
  const any = [
    ...(ids === undefined ? [] : [`event_id IN (${ids.map(quoteLiteral).join(', ')})`]),
    ...(correlationIds === undefined
      ? []
      : [`correlation_id IN (${correlationIds.map(quoteLiteral).join(', ')})`]),
    ...(where === undefined ? [] : [`(${where}\n)`]),
  ];
  const all = [
    ...(any.length === 0 ? [] : [`(${any.map((one) => `coalesce(${one}, false)`).join(' OR ')})`]),
    ...(from === undefined ? [] : [`event_time >= ${timestamp(from)}`]),
    ...(to === undefined ? [] : [`event_time < ${timestamp(to)}`]),
  ];
  return `(${all.length === 0 ? 'true' : all.join(' AND ')})`;
}

const timestamp = (micros: number) =>
  `CAST(${quoteLiteral(formatTimestamp(micros).replace('Z', ''))} AS TIMESTAMP)`;

/** Space and comments before the first word. */
function withoutHead(sql: string): { head: string; rest: string } {
  const head = /^(?:\s|\ufeff|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(sql)?.[0] ?? '';
  return { head, rest: sql.slice(head.length) };
}
