/**
 * Two views of a product, cell by cell in the order of their keys: what is the same, what only one has, and what differs by how much.
 * It holds some cells of each at a time, and the largest differences that are asked for.
 */
import type { Plan } from '@tenon/domain';
import { cellId } from '@tenon/domain';
import type { AnswerRow, Engine } from '@tenon/ports';
import type { MergedCell } from '@tenon/views';
import type { Compared, RankOptions, RowColumns } from './row-differences';
import { RowDifferences } from './row-differences';

export interface ComparedSide {
  readonly plan: Plan;
  /** In the order of their keys. */
  readonly cells: AsyncIterable<MergedCell>;
}

export interface CompareOptions extends RankOptions {
  readonly signal?: AbortSignal;
}

/** Pairs that are made into rows at a time. */
const AT_ONCE = 500;

interface Pair {
  readonly a: MergedCell | null;
  readonly b: MergedCell | null;
}

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

class Comparing {
  private readonly differences: RowDifferences;
  private readonly alike: boolean;

  constructor(
    private readonly engine: Pick<Engine, 'finalize'>,
    private readonly a: Plan,
    private readonly b: Plan,
    options: CompareOptions,
  ) {
    this.differences = new RowDifferences(a, b, options);
    this.alike = isAlike(a, b);
  }

  /** Where both plans make the same row of the same states, no row need be made to see that it is the same. */
  isSameByStates({ a, b }: Pair): boolean {
    if (!this.alike || a === null || b === null) return false;
    if (JSON.stringify(a.states) !== JSON.stringify(b.states)) return false;
    this.differences.same(1);
    return true;
  }

  async take(pairs: readonly Pair[]): Promise<void> {
    const [rowsA, rowsB] = [await this.rows(this.a, pairs, 'a'), await this.rows(this.b, pairs, 'b')];
    pairs.forEach((pair, index) => {
      const { id, key } = (pair.a ?? pair.b) as MergedCell;
      this.differences.compare(id, cellId(key), rowsA[index] ?? null, rowsB[index] ?? null);
    });
  }

  private async rows(plan: Plan, pairs: readonly Pair[], side: 'a' | 'b'): Promise<(RowColumns | null)[]> {
    const cells = pairs.flatMap((pair) => pair[side] ?? []);
    const made = cells.length === 0 ? [] : await this.engine.finalize(plan, cells);
    let at = 0;
    return pairs.map((pair) => (pair[side] === null ? null : columnsOf(plan, made[at++] ?? null)));
  }

  result(): Compared {
    return this.differences.result();
  }
}

export function columnsOf(plan: Plan, row: AnswerRow | null): RowColumns | null {
  if (row === null) return null;
  return Object.fromEntries(plan.columns.map(({ name }, index) => [name, row.values[index] ?? null]));
}

/** Equal states give equal rows. HAVING may leave out both, which is not told without making them. */
function isAlike(a: Plan, b: Plan): boolean {
  const meaning = ({ columns, key, states, measures, engine: { finalize } }: Plan) =>
    JSON.stringify([columns, key, states, measures, finalize]);
  return meaning(a) === meaning(b) && !/\bhaving\b/i.test(a.sql) && !/\bhaving\b/i.test(b.sql);
}
