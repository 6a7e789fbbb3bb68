/** Which cells changed, change by change: the account from which each live client is told what it does not know yet. */

/** Cells that a client is told of at once; beyond that a snapshot says it shorter. */
const MOST_CELLS = 5_000;

interface Change {
  readonly id: number;
  /** null: everything may have changed. */
  readonly cells: readonly string[] | null;
}

export class Changes {
  private readonly changes: Change[] = [];
  private count = 0;
  /** What changed since a change, as long as nothing else does: many clients know as much as each other. */
  private readonly gathered = new Map<number, ReadonlySet<string> | null>();

  /** @param kept changes that are kept */
  constructor(private readonly kept: number) {}

  /** The number of the last change. */
  get last(): number {
    return this.count;
  }

  /** @param cells keys of those that changed; null: any */
  add(cells: readonly string[] | null): void {
    this.count += 1;
    this.changes.push({ id: this.count, cells });
    if (this.changes.length > this.kept) this.changes.shift();
    this.gathered.clear();
  }

  /** There was a time that is not accounted for. */
  forget(): void {
    this.count += 1;
    this.changes.length = 0;
    this.gathered.clear();
  }

  /** The cells that changed after a change; null: that is not known, or too much, so that a snapshot is due. */
  since(id: number): ReadonlySet<string> | null {
    let cells = this.gathered.get(id);
    if (cells === undefined) {
      if (id > this.count || id < (this.changes[0]?.id ?? this.count + 1) - 1) return null;
      this.gathered.set(id, (cells = this.gather(id)));
    }
    return cells;
  }

  private gather(id: number): ReadonlySet<string> | null {
    const gathered = new Set<string>();
    for (const { id: one, cells } of this.changes) {
      if (one <= id) continue;
      if (cells === null) return null;
      for (const cell of cells) gathered.add(cell);
      if (gathered.size > MOST_CELLS) return null;
    }
    return gathered;
  }
}
