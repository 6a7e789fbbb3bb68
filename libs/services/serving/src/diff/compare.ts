/**
 * Two views of a product, cell by cell in the order of their keys: what is the same, what only one has, and what differs by how much.
 * It holds some cells of each at a time, and the largest differences that are asked for.
 */
import type { Plan, State, Value } from '@tenon/domain';
import { cellId, sameStates } from '@tenon/domain';
import type { AnswerRow, Engine } from '@tenon/ports';
import type { AlikeStates } from './alike';
import { alikeStates } from './alike';
import type { Compared, RankOptions, RowColumns } from './row-differences';
import { RowDifferences } from './row-differences';

/** A cell on its way to a row. */
export interface ComparedCell {
  readonly key: readonly Value[];
  readonly states: readonly State[];
}

export interface ComparedSide<C> {
  readonly plan: Plan;
  /** By their `cellKey`s, in order. */
  readonly pieces: AsyncIterable<readonly C[]>;
  /** Undefined: nothing of it is shown. @throws DamagedDocument */
  merged(cell: C): ComparedCell | undefined;
}

export interface CompareOptions<C> extends RankOptions {
  readonly signal?: AbortSignal;
  /** Whether both are shown, with the same states, as far as can be told without reading them. Absent: it can't. */
  readonly areSame?: (a: C, b: C, states: AlikeStates) => boolean;
}

/** Pairs that are made into rows at a time. */
const AT_ONCE = 500;

interface Pair<C> {
  readonly id: string;
  readonly a: C | null;
  readonly b: C | null;
}

export async function compareCells<C extends { readonly id: string }>(
  engine: Pick<Engine, 'finalize'>,
  a: ComparedSide<C>,
  b: ComparedSide<C>,
  options: CompareOptions<C>,
): Promise<Compared> {
  const comparing = new Comparing(engine, a, b, options);
  const [left, right] = [new Cells(a.pieces), new Cells(b.pieces)];
  try {
    while (options.signal?.aborted !== true) {
      // Without an await for each cell: most are the same, and are told in less.
      if (left.isDry) await left.fill();
      if (right.isDry) await right.fill();
      if (left.isOver && right.isOver) break;
      comparing.match(left, right);
      if (comparing.isFull) await comparing.take();
    }
  } finally {
    await left.end();
    await right.end();
  }
  await comparing.take();
  return comparing.result();
}

/** Cells piece by piece. */
class Cells<C extends { readonly id: string }> {
  isOver = false;
  private piece: readonly C[] = [];
  private at = 0;
  private readonly pieces: AsyncIterator<readonly C[]>;

  constructor(pieces: AsyncIterable<readonly C[]>) {
    this.pieces = pieces[Symbol.asyncIterator]();
  }

  get isDry(): boolean {
    return this.at >= this.piece.length && !this.isOver;
  }

  /** The next one; null: it has to be filled, or is over. */
  get next(): C | null {
    return this.piece[this.at] ?? null;
  }

  advance(): void {
    this.at += 1;
  }

  async fill(): Promise<void> {
    const { done, value } = await this.pieces.next();
    this.at = 0;
    this.piece = done === true ? [] : value;
    this.isOver = done === true;
  }

  async end(): Promise<void> {
    await this.pieces.return?.();
  }
}

class Comparing<C extends { readonly id: string }> {
  private readonly differences: RowDifferences;
  private readonly alike: AlikeStates | null;
  private pairs: Pair<C>[] = [];

  constructor(
    private readonly engine: Pick<Engine, 'finalize'>,
    private readonly a: ComparedSide<C>,
    private readonly b: ComparedSide<C>,
    private readonly options: CompareOptions<C>,
  ) {
    this.differences = new RowDifferences(a.plan, b.plan, options);
    this.alike = alikeStates(a.plan, b.plan);
  }

  get isFull(): boolean {
    return this.pairs.length >= AT_ONCE;
  }

  /** Until one side has to be filled, or there is enough to be made into rows. */
  match(left: Cells<C>, right: Cells<C>): void {
    const { pairs, alike } = this;
    const { areSame } = this.options;
    let same = 0;
    while (!left.isDry && !right.isDry && !this.isFull) {
      const [a, b] = [left.next, right.next];
      if (a === null && b === null) break;
      if (b === null || (a !== null && a.id < b.id)) {
        pairs.push({ id: (a as C).id, a, b: null });
        left.advance();
        continue;
      }
      right.advance();
      if (a === null || b.id < a.id) {
        pairs.push({ id: b.id, a: null, b });
        continue;
      }
      left.advance();
      if (alike !== null && areSame?.(a, b, alike) === true) same += 1;
      else pairs.push({ id: a.id, a, b });
    }
    this.differences.same(same);
  }

  async take(): Promise<void> {
    const { a, b, pairs } = this;
    this.pairs = [];
    const [cellsA, cellsB]: [ComparedCell[], ComparedCell[]] = [[], []];
    const left: { id: string; key: readonly Value[]; a: number; b: number }[] = [];
    for (const pair of pairs) {
      const cellA = pair.a === null ? undefined : a.merged(pair.a);
      const cellB = pair.b === null ? undefined : b.merged(pair.b);
      if (cellA === undefined && cellB === undefined) continue;
      if (cellA !== undefined && cellB !== undefined && this.areSame(cellA, cellB)) {
        this.differences.same(1);
        continue;
      }
      left.push({
        ...{ id: pair.id, key: (cellA ?? (cellB as ComparedCell)).key },
        a: cellA === undefined ? -1 : cellsA.push(cellA) - 1,
        b: cellB === undefined ? -1 : cellsB.push(cellB) - 1,
      });
    }
    const [rowsA, rowsB] = [await this.rows(a.plan, cellsA), await this.rows(b.plan, cellsB)];
    for (const pair of left) {
      const [rowA, rowB] = [rowsA[pair.a] ?? null, rowsB[pair.b] ?? null];
      this.differences.compare(
        ...([pair.id, cellId(pair.key), columnsOf(a.plan, rowA), columnsOf(b.plan, rowB)] as const),
      );
    }
  }

  private areSame(a: ComparedCell, b: ComparedCell): boolean {
    const { alike } = this;
    if (alike === null) return false;
    if (alike === 'all') return sameStates(a.states, b.states);
    return alike.every(([left, right]) => sameStates(a.states[left] ?? null, b.states[right] ?? null));
  }

  private rows(plan: Plan, cells: readonly ComparedCell[]): Promise<(AnswerRow | null)[]> | [] {
    return cells.length === 0 ? [] : this.engine.finalize(plan, cells);
  }

  result(): Compared {
    return this.differences.result();
  }
}

export function columnsOf(plan: Plan, row: AnswerRow | null): RowColumns | null {
  if (row === null) return null;
  return Object.fromEntries(plan.columns.map(({ name }, index) => [name, row.values[index] ?? null]));
}
