/** From merged cells to answer rows: measures in plain code; expressions over them, and HAVING, in DuckDB. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { finalizeMeasure, toAnswer } from '@tenon/domain';
import type { Plan, Value } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { AnswerCell, AnswerRow } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { CELLS, cellName } from '../planner/names';
import { type Database, engineFailure, isEnvironmentError, query } from '../sql/database';
import { rowsOf } from '../sql/read';
import { quoteName, quoteText } from '../sql/text';
import { dataErrorText } from './records';
import type { Spool } from './spool';

/** A cell's measures. */
interface Measured {
  readonly key: readonly Value[];
  readonly values: readonly Value[];
  readonly approximate: readonly boolean[];
}

/** @returns one row per cell, in their order; null where HAVING leaves it out */
export async function finalizeCells(
  database: Database,
  spool: Spool,
  plan: Plan,
  cells: readonly AnswerCell[],
): Promise<(AnswerRow | null)[]> {
  const measured = cells.map(({ key, states }): Measured => {
    const results = plan.measures.map((measure) => finalizeMeasure(measure, plan.states, states));
    return {
      key,
      values: results.map(({ value }) => value),
      approximate: results.map(({ approximate }) => approximate),
    };
  });
  if (sqlOf(plan).finalize === null || cells.length === 0)
    return measured.map((cell) => answerRow(plan, cell, []));
  const computed = await database.use((connection) => compute(connection, spool, plan, measured));
  return measured.map((cell, index) => {
    const values = computed.get(index) ?? [];
    return values.at(-1) === true ? answerRow(plan, cell, values) : null;
  });
}

function answerRow(plan: Plan, cell: Measured, computed: readonly Value[]): AnswerRow {
  let next = 0;
  const approximate: string[] = [];
  const values = plan.columns.map(({ name, type, role, index }, column) => {
    if (sqlOf(plan).uses[column]?.some((measure) => cell.approximate[measure])) approximate.push(name);
    const value =
      role === 'key' ? cell.key[index!] : role === 'measure' ? cell.values[index!] : computed[next++];
    return toAnswer(type, value ?? null);
  });
  return { values, approximate };
}

/** Row → values of the expressions, and last whether HAVING lets it through. */
async function compute(
  connection: DuckDBConnection,
  spool: Spool,
  plan: Plan,
  cells: readonly Measured[],
): Promise<Map<number, readonly Value[]>> {
  const parts = usedParts(plan);
  const file = spool.write((line) => {
    cells.forEach((cell, index) => {
      const fields = parts.map(({ name, value }) => `${JSON.stringify(name)}:${JSON.stringify(value(cell))}`);
      line.text(`{${[`"i":${index}`, ...fields].join(',')}}`);
      line.endLine();
    });
  });
  try {
    const columns = [['i', 'BIGINT'] as const, ...parts.map(({ name, readAs }) => [name, readAs] as const)];
    const read = columns.map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`).join(', ');
    const select = [
      'i',
      ...parts.map(({ name, type, readAs }) =>
        type === readAs ? quoteName(name) : `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`,
      ),
    ];
    const relation = `(SELECT ${select.join(', ')} FROM read_json(${quoteText(file.path)}, format = 'newline_delimited', maximum_object_size = ${file.objectSize}, columns = {${read}})) AS cells`;
    const chunks = await query(
      connection,
      sqlOf(plan).finalize!.replaceAll(CELLS, () => relation),
    );
    return new Map(rowsOf(chunks).map(([index, ...values]) => [Number(index), values]));
  } catch (error) {
    if (isEnvironmentError(error)) throw engineFailure(error, 'Finalizing');
    throw new TenonError(
      'answer-failed',
      `An expression of ${plan.product} cannot be computed for some row: ${dataErrorText(error)}`,
      {
        hint: 'Guard it in the SQL, e.g. with TRY_CAST or CASE.',
        cause: error,
      },
    );
  } finally {
    file.remove();
  }
}

interface Part {
  readonly name: string;
  readonly type: string;
  readonly readAs: string;
  value(cell: Measured): Value;
}

/** The keys and measures that the expressions mention. */
function usedParts(plan: Plan): Part[] {
  const sql = sqlOf(plan).finalize!;
  const mentioned = new Set(sql.match(/__tenon_[km]\d+/g));
  const part = (name: string, type: string, value: (cell: Measured) => Value): Part[] =>
    mentioned.has(name)
      ? [{ name, type, readAs: readType(type), value: (cell) => jsonFor(type, value(cell)) }]
      : [];
  return [
    ...plan.key.flatMap(({ type }, index) => part(cellName('k', index), type, (cell) => cell.key[index]!)),
    ...plan.measures.flatMap(({ type }, index) =>
      part(cellName('m', index), type, (cell) => cell.values[index]!),
    ),
  ];
}

/** Moments are written with their Z. */
const readType = (type: string) => (type === 'TIMESTAMP' ? 'TIMESTAMP WITH TIME ZONE' : type);

/** DuckDB reads a MAP from an object; Tenon carries pairs. And it writes years of five digits, and before year 0, in its own way. */
function jsonFor(type: string, value: Value): Value {
  if (type.startsWith('TIMESTAMP') && typeof value === 'string') return farMoment(value);
  if (value === null || !type.startsWith('MAP(')) return value;
  return Object.fromEntries(
    (value as readonly (readonly [Value, Value])[]).map(([key, item]) => [String(key), item]),
  );
}

function farMoment(text: string): string {
  const [, sign, year, rest] = /^([+-])(\d{6})(-.*)$/.exec(text) ?? [];
  if (rest === undefined) return text;
  return sign === '+' ? `${Number(year)}${rest}` : `${Number(year) + 1}${rest.replace('T', ' (BC) ')}`;
}
