/** From cells' documents to rows as JSON texts: those that are kept, and else by the engine. */
import type { CellStatus, Plan, State, Value } from '@tenon/domain';
import { cellId, cellStatus, watermarkAt, windowEnd } from '@tenon/domain';
import type { AnswerRow, Engine } from '@tenon/ports';
import type { CellTexts, LayerSnapshots, MergedCell, ProductLayout, ProductView } from '@tenon/views';
import { mergedCell } from '@tenon/views';
import type { RowsQuery } from './query';
import { matches } from './query';
import type { KeptRow, ProductRows } from './row-cache';

/** A row on its way to an answer. */
export interface RowText {
  /** The `cellKey`, by which it is ordered. */
  readonly id: string;
  readonly key: readonly Value[];
  /** null: HAVING leaves it out. */
  readonly text: string | null;
  readonly status: CellStatus;
}

export class Rows {
  /** The columns' names as JSON, each with its colon. */
  private readonly names: readonly string[];

  constructor(
    private readonly engine: Pick<Engine, 'finalize'>,
    private readonly layout: ProductLayout,
    private readonly kept: ProductRows,
  ) {
    this.names = layout.plan.columns.map(({ name }) => `${JSON.stringify(name)}:`);
  }

  /**
   * The rows of cells, in their order; undefined for those that are not asked for, or of which nothing is served.
   *
   * @throws DamagedDocument, TenonError `answer-failed`
   */
  async of(
    snapshots: LayerSnapshots,
    view: ProductView,
    cells: readonly CellTexts[],
    where: RowsQuery['where'],
  ): Promise<(RowText | undefined)[]> {
    const { pointer } = view.base;
    const { generation, horizon = -Infinity } = pointer;
    const watermark = watermarkAt(pointer, this.layout.lateness) ?? -Infinity;
    const rows: (RowText | undefined)[] = [];
    let missing: MergedCell[] | null = null;
    const places: number[] = [];
    for (let at = 0; at < cells.length; at++) {
      const texts = cells[at] as CellTexts;
      const row = this.kept.find(texts, generation);
      if (row !== undefined) {
        const isAsked = !(row.end <= horizon) && (where.length === 0 || matches(where, row.key));
        rows.push(isAsked ? rowText(texts, row, watermark) : undefined);
        continue;
      }
      rows.push(undefined);
      const cell = mergedCell(snapshots, this.layout, view, texts);
      if (cell === undefined || !matches(where, cell.key)) continue;
      (missing ??= []).push(cell);
      places.push(at);
    }
    if (missing === null) return rows;
    const made = await this.finalize(missing);
    for (const [index, place] of places.entries()) {
      const cell = missing[index] as MergedCell;
      const row = made[index] as KeptRow;
      const texts = cells[place] as CellTexts;
      this.kept.keep(texts, generation, cell.newest, row);
      rows[place] = rowText(texts, row, watermark);
    }
    return rows;
  }

  /** The row of a total that no event has gone into. */
  async ofNothing(): Promise<RowText> {
    const { plan } = this.layout;
    const states = plan.states.map(() => null);
    const cell = { id: '', key: [], states, base: undefined, inSpeed: false, newest: 0 };
    const [row] = await this.finalize([cell]);
    return rowText({ id: '', base: undefined, speed: [] }, row as KeptRow, -Infinity);
  }

  private async finalize(cells: readonly MergedCell[]): Promise<KeptRow[]> {
    const { plan } = this.layout;
    const rows = await this.engine.finalize(
      plan,
      cells as readonly { key: readonly Value[]; states: readonly State[] }[],
    );
    return cells.map((cell, index) => this.keptRow(plan, cell, rows[index] ?? null));
  }

  private keptRow({ window }: Plan, { key, base }: MergedCell, row: AnswerRow | null): KeptRow {
    const start = key[0];
    const inBase = base !== undefined;
    const amended = base?.a === true;
    const end = window === null || typeof start !== 'string' ? NaN : windowEnd(window, start);
    if (row === null) return { key, head: null, tail: '', inBase, amended, end, last: null };
    const { names } = this;
    let head = '{';
    for (let column = 0; column < names.length; column++)
      head += `${names[column]}${jsonOf(row.values[column] ?? null)},`;
    head += `"_cell":"${cellId(key)}","_status":"`;
    let tail = '"';
    if (row.approximate.length > 0) tail += `,"_approximate":${JSON.stringify(row.approximate)}`;
    if (row.errors.length > 0) tail += `,"_errors":${JSON.stringify(row.errors)}`;
    tail += '}';
    return { key, head, tail, inBase, amended, end, last: null };
  }
}

/** As `JSON.stringify` has it, which takes longer to be called than to write a number. */
const jsonOf = (value: Value): string =>
  typeof value === 'number' && Number.isFinite(value) ? String(value) : JSON.stringify(value);

function rowText({ id, speed }: CellTexts, row: KeptRow, watermark: number): RowText {
  const { key, head, tail, inBase, amended, end, last } = row;
  const status = cellStatus({ inBase, inSpeed: speed.length > 0, amended, over: end <= watermark });
  if (head === null) return { id, key, text: null, status };
  if (last !== null && last.status === status) return { id, key, text: last.text, status };
  const text = head + status + tail;
  row.last = { status, text };
  return { id, key, text, status };
}
