/** The rows of both sides: computed from files of the archive, or as they are served. */
import { optionParameters } from '@tenon/contracts';
import type { Row, RowsAnswer } from '@tenon/contracts';
import type { Plan, Value } from '@tenon/domain';
import { cellId, isPastRetention } from '@tenon/domain';
import type { AnswerCell, Engine, RangeResult } from '@tenon/ports';
import { columnsOf } from '@tenon/service-serving';
import type { Client } from '../../cli/client';
import { segment } from '../../cli/client';

/** A row by its cell's id; the JSON of its columns, in their order. */
export type SideRow = readonly [cell: string, columns: string];
export type SideRows = AsyncIterable<readonly SideRow[]>;

/** A page of the server at its largest. */
const PAGE = 10_000;

/**
 * @param cells that the plan makes of a range
 * @param horizon rows that are past it are none
 */
export async function* computedRows(
  engine: Pick<Engine, 'finalize'>,
  plan: Plan,
  { cells }: Pick<RangeResult, 'cells'>,
  horizon: number | undefined,
): AsyncGenerator<readonly SideRow[]> {
  let isEmpty = true;
  for await (const chunk of cells) {
    isEmpty = false;
    const within = chunk.filter(({ key }) => !isPastRetention(plan, key[0], horizon));
    yield await finalized(engine, plan, within);
  }
  // A total has its row also where no event has gone into it.
  if (isEmpty && plan.key.length === 0)
    yield await finalized(engine, plan, [{ key: [], states: plan.states.map(() => null) }]);
}

async function finalized(
  engine: Pick<Engine, 'finalize'>,
  plan: Plan,
  cells: readonly AnswerCell[],
): Promise<SideRow[]> {
  const rows = await engine.finalize(plan, cells);
  return cells.flatMap(({ key }, index) => {
    const columns = columnsOf(plan, rows[index] ?? null);
    return columns === null ? [] : [[cellId(key), JSON.stringify(columns)] as const];
  });
}

/** @param asOf a generation that is kept */
export async function* servedRows(
  client: Client,
  plan: Plan,
  asOf: string,
  horizon: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly SideRow[]> {
  const { product, version, columns, window } = plan;
  const names = columns.map(({ name }) => name);
  for (let cursor: string | undefined; ;) {
    const asked = {
      version: String(version),
      limit: String(PAGE),
      asOf,
      ...(cursor !== undefined && { cursor }),
    };
    const query = optionParameters(asked, names);
    const { rows, next } = await client.json<RowsAnswer>(`/v1/products/${segment(product)}/rows`, {
      ...{ query, signal },
    });
    const within = rows.filter(
      (row) => window === null || !isPastRetention(plan, row[window.column], horizon),
    );
    yield within.map((row) => [String(row['_cell']), JSON.stringify(only(row, names))] as const);
    if (next === null) return;
    cursor = next;
  }
}

const only = (row: Row, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, (row as Readonly<Record<string, Value>>)[name] ?? null]));
