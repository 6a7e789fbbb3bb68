/**
 * Rows of two views of a product, matched by their keys: how many differ, in which columns, and by how much. It holds the largest
 * differences that are asked for.
 */
import type { Plan, Value } from '@tenon/domain';
import { differenceOf, isEqual, relativeOf } from './values';

export interface RankOptions {
  /**
   * The column whose differences are ranked. Null: by the largest difference in any column in relation to what the column has; among
   * equals by the largest of all.
   */
  readonly by: string | null;
  /** Differences that are given in full, the largest ones. */
  readonly most: number;
  /** Only these are given in full; absent: all. All are counted. */
  readonly kind?: DifferenceKind;
}

export const DIFFERENCE_KINDS = ['changed', 'onlyA', 'onlyB'] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

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

export type RowColumns = Readonly<Record<string, Value>>;

export interface RowDifference {
  readonly _cell: string;
  readonly kind: DifferenceKind;
  /** Columns that differ; of a row that only one has: none. */
  readonly columns: readonly string[];
  readonly key: RowColumns;
  readonly a: RowColumns | null;
  readonly b: RowColumns | null;
}

export interface Compared {
  readonly counts: Counts;
  readonly columns: readonly ColumnDifference[];
  /** The largest differences first. */
  readonly rows: readonly RowDifference[];
}

/** Measures and expressions that both have; keys are what rows are matched by. */
export const comparedColumns = (a: Plan, b: Plan): string[] =>
  a.columns
    .filter(
      ({ role, name }) => role !== 'key' && b.columns.some((one) => one.name === name && one.role !== 'key'),
    )
    .map(({ name }) => name);

/** So many more than are asked for are held at most, before the smallest go. */
const SLACK = 500;

interface Ranked extends RowDifference {
  readonly id: string;
  /** What ranks first, and what ranks among equals. */
  readonly size: readonly [number, number];
}

export class RowDifferences {
  private readonly counts = { same: 0, changed: 0, onlyA: 0, onlyB: 0 };
  private readonly compared: readonly string[];
  private readonly columns: Map<string, { changed: number; largest: number | null }>;
  private readonly keys: readonly string[];
  private ranked: Ranked[] = [];

  constructor(
    a: Plan,
    b: Plan,
    private readonly options: RankOptions,
  ) {
    this.compared = comparedColumns(a, b);
    this.columns = new Map(this.compared.map((name) => [name, { changed: 0, largest: null }]));
    this.keys = a.columns.filter(({ role }) => role === 'key').map(({ name }) => name);
  }

  /** Rows of which it is known that they are the same. */
  same(rows: number): void {
    this.counts.same += rows;
  }

  /**
   * A row that HAVING leaves out is none.
   *
   * @param id by which rows of equal differences are ordered
   */
  compare(id: string, _cell: string, a: RowColumns | null, b: RowColumns | null): void {
    if (a === null && b === null) return;
    if (a === null || b === null) {
      const kind = a === null ? 'onlyB' : 'onlyA';
      this.counts[kind] += 1;
      const size = this.sizeOf(a ?? {}, b ?? {}, this.compared);
      this.rank({ id, size, _cell, kind, columns: [], key: this.keyOf(a ?? b), a, b });
      return;
    }
    const changed = this.compared.filter((name) => !isEqual(a[name] ?? null, b[name] ?? null));
    if (changed.length === 0) {
      this.counts.same += 1;
      return;
    }
    this.counts.changed += 1;
    for (const name of changed) this.note(name, differenceOf(a[name] ?? null, b[name] ?? null));
    const size = this.sizeOf(a, b, changed);
    const kind = 'changed';
    this.rank({ id, size, _cell, kind, columns: changed, key: this.keyOf(a), a, b });
  }

  private sizeOf(a: RowColumns, b: RowColumns, columns: readonly string[]): readonly [number, number] {
    const { by } = this.options;
    const sizes = (by === null ? columns : [by]).map((name) => {
      const [left, right] = [a[name] ?? null, b[name] ?? null];
      const size = Math.abs(differenceOf(left, right) ?? 0);
      return [by === null ? relativeOf(left, right) : size, size] as const;
    });
    return [0, 1].map((of) => Math.max(0, ...sizes.map((size) => size[of] as number))) as [number, number];
  }

  private keyOf(row: RowColumns | null): RowColumns {
    return Object.fromEntries(this.keys.map((name) => [name, row?.[name] ?? null]));
  }

  private note(name: string, difference: number | null): void {
    const column = this.columns.get(name) as { changed: number; largest: number | null };
    column.changed += 1;
    if (difference !== null && Math.abs(difference) > Math.abs(column.largest ?? 0))
      column.largest = difference;
  }

  private rank(row: Ranked): void {
    if (row.kind !== (this.options.kind ?? row.kind)) return;
    this.ranked.push(row);
    if (this.ranked.length > 2 * this.options.most + SLACK) this.trim();
  }

  private trim(): void {
    this.ranked.sort(
      (a, b) =>
        b.size[0] - a.size[0] ||
        b.size[1] - a.size[1] ||
        b.columns.length - a.columns.length ||
        (a.id < b.id ? -1 : 1),
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
