/**
 * Rows as JSON texts, kept by what they were made of: the texts of the cell's documents. A row is a function of them and of
 * which version of the base document is served, so one that is found with the same is right, whoever has written them; nothing
 * has to be told of a change.
 */
import type { CellStatus, Generation, Value } from '@tenon/domain';
import type { CellTexts } from '@tenon/views';

/** A row of which only the status is still to be said, which follows from the cut as well. */
export interface KeptRow {
  readonly key: readonly Value[];
  /** Before and after the status; null: HAVING leaves it out, or nothing of it is served. */
  readonly head: string | null;
  readonly tail: string;
  readonly inBase: boolean;
  readonly amended: boolean;
  /** Where its window ends, microseconds; NaN: it has none. */
  readonly end: number;
  /** The whole text with the status that was last asked for. */
  last: { readonly status: CellStatus; readonly text: string } | null;
}

interface Kept {
  readonly row: KeptRow;
  readonly base: string | undefined;
  readonly speed: readonly string[];
  readonly past: readonly string[];
  /** For which generation it was made, and the newest one that the base document has: below both, nothing differs. */
  readonly at: Generation;
  readonly newest: Generation;
}

/** What an entry takes beside its texts, bytes. */
const ENTRY_BYTES = 500;

/** Rows of one product, within the bound of all. */
export interface ProductRows {
  find(texts: CellTexts, generation: Generation): KeptRow | undefined;
  keep(texts: CellTexts, generation: Generation, newest: Generation, row: KeptRow): void;
}

const NONE: readonly string[] = [];

type Rows = Map<string, Kept>;

/** Two halves: what was not asked for while the younger one filled goes with the elder. */
export class RowCache {
  private bytes = 0;
  private readonly products: { young: Rows; old: Rows }[] = [];

  /** @param maxBytes of all products together, about; 0 keeps nothing */
  constructor(private readonly maxBytes: number) {}

  product(): ProductRows {
    const own: { young: Rows; old: Rows } = { young: new Map(), old: new Map() };
    this.products.push(own);
    return {
      find: (texts, generation) => {
        let kept = own.young.get(texts.id);
        if (kept === undefined) {
          kept = own.old.get(texts.id);
          if (kept === undefined || !isOf(kept, texts, generation)) return undefined;
          own.old.delete(texts.id);
          this.add(own.young, texts.id, kept);
          return kept.row;
        }
        return isOf(kept, texts, generation) ? kept.row : undefined;
      },
      keep: (texts, at, newest, row) => {
        const { id, base, speed, past = NONE } = texts;
        this.add(own.young, id, { row, base, speed, past, at, newest });
      },
    };
  }

  private add(young: Rows, id: string, kept: Kept): void {
    const before = young.get(id);
    if (before !== undefined) this.bytes -= bytesOf(id, before);
    const bytes = bytesOf(id, kept);
    // One that is very large would drive out all others.
    if (bytes > this.maxBytes / 16) return void young.delete(id);
    young.set(id, kept);
    this.bytes += bytes;
    if (this.bytes <= this.maxBytes / 2) return;
    for (const product of this.products) {
      product.old = product.young;
      product.young = new Map();
    }
    this.bytes = 0;
  }
}

function bytesOf(id: string, { base = '', speed, past, row: { head, tail } }: Kept): number {
  let chars = id.length + base.length + 2 * ((head?.length ?? 0) + tail.length);
  for (const text of speed) chars += text.length;
  for (const text of past) chars += text.length;
  return ENTRY_BYTES + chars;
}

function isOf(kept: Kept, { base, speed, past = NONE }: CellTexts, generation: Generation): boolean {
  if (kept.base !== base) return false;
  if (kept.at !== generation) {
    // Which of the versions that folds took out it is depends on the generation.
    if (past.length > 0 || kept.newest > generation || kept.newest > kept.at) return false;
  }
  return areSame(kept.speed, speed) && areSame(kept.past, past);
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
