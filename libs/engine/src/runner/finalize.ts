/** From merged cells to answer rows: measures in plain code; expressions over them, and HAVING, in DuckDB. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { finalizeMeasure, toAnswer } from '@tenon/domain';
import type { Plan, Value } from '@tenon/domain';
import type { AnswerCell, AnswerError, AnswerRow } from '@tenon/ports';
import { sqlOf } from '../engine-sql';
import { CELLS, cellName } from '../planner/names';
import { type Database, engineFailure, isEnvironmentError, isOutOfMemory, query } from '../sql/database';
import { rowsOf } from '../sql/read';
import { quoteName, quoteText } from '../sql/text';
import type { CompiledFinalizer } from '../compiled/finalizer';
import { compiledFinalizer } from '../compiled/finalizer';
import { computeParts } from './expressions';
import type { Spool, SpoolFile } from './spool';

/** A cell's measures. */
interface Measured {
  readonly key: readonly Value[];
  readonly values: readonly Value[];
  readonly approximate: readonly boolean[];
}

/** What the expressions give a cell: their values, and why some have none. HAVING is the last. */
interface Expressed {
  readonly values: readonly Value[];
  /** By their places among the values. */
  readonly errors: ReadonlyMap<number, string>;
}

const NO_ERRORS: ReadonlyMap<number, string> = new Map();
const NOTHING: Expressed = { values: [], errors: NO_ERRORS };

/** @returns one row per cell, in their order; null where HAVING leaves it out */
export async function finalizeCells(
  database: Database,
  spool: Spool,
  plan: Plan,
  cells: readonly AnswerCell[],
): Promise<(AnswerRow | null)[]> {
  if (sqlOf(plan).finalize === null || cells.length === 0)
    return cells.map((cell) => answerRow(plan, measure(plan, cell), NOTHING));
  return finalizeBy(await compiledFinalizer(database, plan), database, spool, plan, cells);
}

/** @param compiled computes what it can; null: the engine computes all */
export async function finalizeBy(
  compiled: CompiledFinalizer | null,
  database: Database,
  spool: Spool,
  plan: Plan,
  cells: readonly AnswerCell[],
): Promise<(AnswerRow | null)[]> {
  const measured = cells.map((cell) => measure(plan, cell));
  const known = measured.map((cell) => compiled?.(cell) ?? null);
  const left = measured.filter((_, index) => known[index] === null);
  const computed =
    left.length === 0
      ? () => NOTHING
      : await database.use((connection) => compute(connection, spool, plan, left));
  let next = 0;
  return measured.map((cell, index) => {
    const values = known[index] ?? null;
    const expressed = values === null ? computed(next++) : { values, errors: NO_ERRORS };
    const { errors } = expressed;
    const last = expressed.values.length - 1;
    return expressed.values[last] === true || errors.has(last) ? answerRow(plan, cell, expressed) : null;
  });
}

function measure(plan: Plan, { key, states }: AnswerCell): Measured {
  const values: Value[] = [];
  const approximate: boolean[] = [];
  for (const one of plan.measures) {
    const finalized = finalizeMeasure(one, plan.states, states);
    values.push(finalized.value);
    approximate.push(finalized.approximate);
  }
  return { key, values, approximate };
}

function answerRow(plan: Plan, cell: Measured, expressed: Expressed): AnswerRow {
  let next = 0;
  const approximate: string[] = [];
  const errors: AnswerError[] = [];
  const fails = (column: string, reason: string) => errors.push({ column, code: 'answer-failed', reason });
  const values = plan.columns.map(({ name, type, role, index }, column) => {
    if (sqlOf(plan).uses[column]?.some((measure) => cell.approximate[measure])) approximate.push(name);
    if (role === 'key') return toAnswer(type, cell.key[index!] ?? null);
    if (role === 'measure') return toAnswer(type, cell.values[index!] ?? null);
    const reason = expressed.errors.get(next);
    if (reason !== undefined) fails(name, reason);
    return toAnswer(type, expressed.values[next++] ?? null);
  });
  const having = expressed.errors.get(next);
  if (having !== undefined) fails('HAVING', having);
  return { values, approximate, errors };
}

/** What the expressions give, by the cells' places. */
async function compute(
  connection: DuckDBConnection,
  spool: Spool,
  plan: Plan,
  cells: readonly Measured[],
): Promise<(cell: number) => Expressed> {
  const parts = usedParts(plan);
  const file = spool.write((line) => {
    cells.forEach((cell, index) => {
      const fields = parts.map(({ name, value }) => `${JSON.stringify(name)}:${JSON.stringify(value(cell))}`);
      line.text(`{${[`"i":${index}`, ...fields].join(',')}}`);
      line.endLine();
    });
  });
  const { finalize, finalizeParts } = sqlOf(plan);
  const relation = `${cellsIn(file, parts)} AS cells`;
  try {
    const chunks = await query(
      connection,
      finalize!.replaceAll(CELLS, () => relation),
    );
    const rows = new Map(rowsOf(chunks).map(([index, ...values]) => [Number(index), values]));
    return (cell) => ({ values: rows.get(cell) ?? [], errors: NO_ERRORS });
  } catch (error) {
    if (isEnvironmentError(error) || isOutOfMemory(error)) throw engineFailure(error, 'Finalizing');
    const computed = await computeParts(connection, finalizeParts, relation, cells.length);
    return (cell) => ({
      values: computed.map(({ values }) => values.get(cell) ?? null),
      errors: new Map(
        computed.flatMap(({ errors }, part) =>
          errors.has(cell) ? [[part, errors.get(cell)!] as const] : [],
        ),
      ),
    });
  } finally {
    file.remove();
  }
}

/** The cells in a file as a relation: their number, and the keys and measures that the expressions mention. */
function cellsIn({ path, objectSize }: SpoolFile, parts: readonly Part[]): string {
  const columns = [['i', 'BIGINT'] as const, ...parts.map(({ name, readAs }) => [name, readAs] as const)];
  const read = columns.map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`).join(', ');
  const select = [
    'i',
    ...parts.map(({ name, type, readAs }) =>
      type === readAs ? quoteName(name) : `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`,
    ),
  ];
  return `(SELECT ${select.join(', ')} FROM read_json(${quoteText(path)}, format = 'newline_delimited', maximum_object_size = ${objectSize}, columns = {${read}}))`;
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
