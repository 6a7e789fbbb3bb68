/**
 * Two views of a product, cell by cell in the order of their keys: what is the same, what only one has, and what differs by how much.
 * It holds some cells of each at a time, and the largest differences that are asked for.
 */
import type { Plan, Value } from '@tenon/domain';
import { cellId } from '@tenon/domain';
import type { AnswerRow, Engine } from '@tenon/ports';
import type { MergedCell } from '@tenon/views';
import { differenceOf, isEqual, numberOf } from './values';

export interface ComparedSide {
  readonly plan: Plan;
  /** In the order of their keys. */
  readonly cells: AsyncIterable<MergedCell>;
}

export interface CompareOptions {
  /** The column whose differences are ranked; null: by how many columns differ. */
  readonly by: string | null;
  /** Differences that are given in full, the largest ones. */
  readonly most: number;
  readonly signal?: AbortSignal;
}

export interface Counts {
  readonly same: number;
  readonly changed: number;
  /** Rows that only the first, or only the second has. */
  readonly onlyA: number;
  readonly onlyB: number;
}

export interface ColumnDifference {
  readonly name: string;
  /** Rows that both have, in which it differs. */
  readonly changed: number;
  /** The difference that is largest without its sign, b - a; null: none, or they are no numbers. */
  readonly largest: number | null;
}

type Columns = Readonly<Record<string, Value>>;

export interface RowDifference {
  readonly _cell: string;
  readonly kind: 'changed' | 'onlyA' | 'onlyB';
  /** Columns that differ; of a row that only one has: none. */
  readonly columns: readonly string[];
  readonly key: Columns;
  readonly a: Columns | null;
  readonly b: Columns | null;
}

export interface Compared {
  readonly counts: Counts;
  readonly columns: readonly ColumnDifference[];
  /** The largest differences first. */
  readonly rows: readonly RowDifference[];
}

/** Pairs that are made into rows at a time. */
const AT_ONCE = 500;

interface Pair {
  readonly a: MergedCell | null;
  readonly b: MergedCell | null;
}

/** Measures and expressions that both have; keys are what rows are matched by. */
export const comparedColumns = (a: Plan, b: Plan): string[] =>
  a.columns
    .filter(
      ({ role, name }) => role !== 'key' && b.columns.some((one) => one.name === name && one.role !== 'key'),
    )
    .map(({ name }) => name);

export async function compareCells(
  engine: Pick<Engine, 'finalize'>,
  a: ComparedSide,
  b: ComparedSide,
  options: CompareOptions,
): Promise<Compared> {
  const comparing = new Comparing(engine, a.plan, b.plan, options);
  let pairs: Pair[] = [];
  for await (const pair of pairsOf(a.cells, b.cells)) {
    if (options.signal?.aborted === true) break;
    if (comparing.isSameByStates(pair)) continue;
    if (pairs.push(pair) < AT_ONCE) continue;
    await comparing.take(pairs);
    pairs = [];
  }
  await comparing.take(pairs);
  return comparing.result();
}

async function* pairsOf(
  first: AsyncIterable<MergedCell>,
  second: AsyncIterable<MergedCell>,
): AsyncGenerator<Pair> {
  const [left, right] = [first[Symbol.asyncIterator](), second[Symbol.asyncIterator]()];
  const next = async (side: AsyncIterator<MergedCell>) => {
    const { done, value } = await side.next();
    return done === true ? null : value;
  };
  try {
    let [a, b] = [await next(left), await next(right)];
    while (a !== null || b !== null) {
      if (b === null || (a !== null && a.id < b.id)) {
        yield { a, b: null };
        a = await next(left);
      } else if (a === null || b.id < a.id) {
        yield { a: null, b };
        b = await next(right);
      } else {
        yield { a, b };
        [a, b] = [await next(left), await next(right)];
      }
    }
  } finally {
    await left.return?.();
    await right.return?.();
  }
}

interface Ranked extends RowDifference {
  readonly id: string;
  readonly size: number;
}

class Comparing {
  private readonly counts = { same: 0, changed: 0, onlyA: 0, onlyB: 0 };
  private readonly compared: readonly string[];
  private readonly columns: Map<string, { changed: number; largest: number | null }>;
  private readonly alike: boolean;
  private ranked: Ranked[] = [];

  constructor(
    private readonly engine: Pick<Engine, 'finalize'>,
    private readonly a: Plan,
    private readonly b: Plan,
    private readonly options: CompareOptions,
  ) {
    this.compared = comparedColumns(a, b);
    this.columns = new Map(this.compared.map((name) => [name, { changed: 0, largest: null }]));
    this.alike = isAlike(a, b);
  }

  /** Where both plans make the same row of the same states, no row need be made to see that it is the same. */
  isSameByStates({ a, b }: Pair): boolean {
    if (!this.alike || a === null || b === null) return false;
    if (JSON.stringify(a.states) !== JSON.stringify(b.states)) return false;
    this.counts.same += 1;
    return true;
  }

  async take(pairs: readonly Pair[]): Promise<void> {
    const [rowsA, rowsB] = [await this.rows(this.a, pairs, 'a'), await this.rows(this.b, pairs, 'b')];
    pairs.forEach((pair, index) => this.compare(pair, rowsA[index] ?? null, rowsB[index] ?? null));
  }

  private async rows(plan: Plan, pairs: readonly Pair[], side: 'a' | 'b'): Promise<(Columns | null)[]> {
    const cells = pairs.flatMap((pair) => pair[side] ?? []);
    const made = cells.length === 0 ? [] : await this.engine.finalize(plan, cells);
    let at = 0;
    return pairs.map((pair) => (pair[side] === null ? null : columnsOf(plan, made[at++] ?? null)));
  }

  /** A row that HAVING leaves out is none. */
  private compare(pair: Pair, a: Columns | null, b: Columns | null): void {
    if (a === null && b === null) return;
    const { id, key } = (pair.a ?? pair.b) as MergedCell;
    if (a === null || b === null) {
      const kind = a === null ? 'onlyB' : 'onlyA';
      this.counts[kind] += 1;
      const { by } = this.options;
      const value = by === null ? 0 : Math.abs(numberOf((a ?? b)?.[by] ?? null) ?? 0);
      this.rank({ id, size: value, _cell: cellId(key), kind, columns: [], key: this.keyOf(a ?? b), a, b });
      return;
    }
    const changed = this.compared.filter((name) => !isEqual(a[name] ?? null, b[name] ?? null));
    if (changed.length === 0) {
      this.counts.same += 1;
      return;
    }
    this.counts.changed += 1;
    for (const name of changed) this.note(name, differenceOf(a[name] ?? null, b[name] ?? null));
    const { by } = this.options;
    const size = by === null ? changed.length : Math.abs(differenceOf(a[by] ?? null, b[by] ?? null) ?? 0);
    const kind = 'changed';
    this.rank({ id, size, _cell: cellId(key), kind, columns: changed, key: this.keyOf(a), a, b });
  }

  private keyOf(row: Columns | null): Columns {
    const names = this.a.columns.filter(({ role }) => role === 'key').map(({ name }) => name);
    return Object.fromEntries(names.map((name) => [name, row?.[name] ?? null]));
  }

  private note(name: string, difference: number | null): void {
    const column = this.columns.get(name) as { changed: number; largest: number | null };
    column.changed += 1;
    if (difference !== null && Math.abs(difference) > Math.abs(column.largest ?? 0))
      column.largest = difference;
  }

  private rank(row: Ranked): void {
    this.ranked.push(row);
    if (this.ranked.length > 2 * this.options.most + AT_ONCE) this.trim();
  }

  private trim(): void {
    this.ranked.sort(
      (a, b) => b.size - a.size || b.columns.length - a.columns.length || (a.id < b.id ? -1 : 1),
    );
    this.ranked.length = Math.min(this.ranked.length, this.options.most);
  }

  result(): Compared {
    this.trim();
    return {
      counts: { ...this.counts },
      columns: [...this.columns].map(([name, column]) => ({ name, ...column })),
      rows: this.ranked.map(({ id: _id, size: _size, ...row }) => row),
    };
  }
}

function columnsOf(plan: Plan, row: AnswerRow | null): Columns | null {
  if (row === null) return null;
  return Object.fromEntries(plan.columns.map(({ name }, index) => [name, row.values[index] ?? null]));
}

/** Equal states give equal rows. HAVING may leave out both, which is not told without making them. */
function isAlike(a: Plan, b: Plan): boolean {
  const meaning = ({ columns, key, states, measures, engine: { finalize } }: Plan) =>
    JSON.stringify([columns, key, states, measures, finalize]);
  return meaning(a) === meaning(b) && !/\bhaving\b/i.test(a.sql) && !/\bhaving\b/i.test(b.sql);
}
