/** Folding cells into a base view that nobody sees yet; `foldCell` is the law. */
import { STORE_KEYS } from '@tenon/contracts';
import type { FoldTarget, State } from '@tenon/domain';
import {
  foldCell,
  isOver,
  keptGenerations,
  mergeStates,
  takenOut,
  versionAt,
  watermarkAt,
} from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { placesOf, soundBase } from '@tenon/views';

/** States of a range of the log for one cell. Texts are JSON, as they travel. */
export interface FoldedCell {
  /** The `cellKey`. */
  readonly id: string;
  readonly key: string;
  readonly states: string | readonly State[];
}

/**
 * Folds cells into base(to); nobody sees them until the pointer moves. May be repeated: it writes the same again. A cell that
 * is new there is written as the texts that came.
 */
export async function foldCells(
  tx: StoreTransaction,
  layout: ProductLayout,
  target: FoldTarget,
  cells: readonly FoldedCell[],
): Promise<void> {
  const watermark = target.times && watermarkAt(target.times, layout.lateness);
  const prefix = STORE_KEYS.base(layout.product, target.line);
  const past = STORE_KEYS.past(layout.product, target.line, target.from);
  const keeps = keptGenerations(layout.plan) > 0;
  const each = onceEach(layout, cells);
  const keys = each.map(({ id }) => prefix + id);
  const documents = await tx.getMany<unknown>('base', keys);
  each.forEach(({ id, key, states }, index) => {
    const at = keys[index] as string;
    const found = documents[index];
    const document = found === undefined ? undefined : soundBase(layout, at, found);
    // One that is in base(from) stands where it must, or is seen to by who makes the orders of a line (see line-orders.ts).
    const stands = document !== undefined && versionAt(document.v, target.from) !== undefined;
    const places = placesOf(layout, prefix, id, key, stands);
    if (document === undefined) {
      const text = typeof states === 'string' ? states : JSON.stringify(states);
      tx.putJson('base', at, `{"k":${key},"v":[{"g":${target.to},"s":${text}}]}`, places);
      return;
    }
    const versions = foldCell(layout.plan.states, document.v, {
      from: target.from,
      to: target.to,
      states: statesOf(states),
      amended: isOver(layout.plan.window, document.k[0], watermark),
    });
    tx.putJson('base', at, `{"k":${key},"v":${JSON.stringify(versions)}}`, places);
    const out = keeps ? takenOut(document.v, target.from) : [];
    if (out.length > 0) tx.putJson('base', past + id, `{"k":${key},"v":${JSON.stringify(out)}}`);
  });
}

const statesOf = (states: FoldedCell['states']) =>
  typeof states === 'string' ? (JSON.parse(states) as readonly State[]) : states;

/** Cells that come twice hold different events: they are one. */
function onceEach({ plan }: ProductLayout, cells: readonly FoldedCell[]): readonly FoldedCell[] {
  const found = new Map<string, FoldedCell>();
  for (const cell of cells) {
    const known = found.get(cell.id);
    if (known === undefined) found.set(cell.id, cell);
    else {
      const states = mergeStates(plan.states, statesOf(known.states), statesOf(cell.states));
      found.set(cell.id, { ...known, states });
    }
  }
  return found.size === cells.length ? cells : [...found.values()];
}
