/** Cells in the order of their keys, a piece at a time: what sorts many at once stands in everybody's way. */
import type { WireCell } from '@tenon/contracts';
import type { Turns } from '@tenon/loops';

/** In place. */
export const sorted = (cells: WireCell[]): WireCell[] => cells.sort((a, b) => (a.id < b.id ? -1 : 1));

/** All of some sorted pieces, in order. */
export async function merged(
  pieces: readonly (readonly WireCell[])[],
  turns: Pick<Turns, 'isDue' | 'next'>,
): Promise<readonly WireCell[]> {
  let left = pieces;
  while (left.length > 1) {
    const next: WireCell[][] = [];
    for (let at = 0; at < left.length; at += 2) {
      next.push(mergedTwo(left[at] ?? [], left[at + 1] ?? []));
      if (turns.isDue) await turns.next();
    }
    left = next;
  }
  return left[0] ?? [];
}

function mergedTwo(a: readonly WireCell[], b: readonly WireCell[]): WireCell[] {
  const cells: WireCell[] = [];
  let right = 0;
  for (const cell of a) {
    for (; right < b.length && (b[right] as WireCell).id < cell.id; right++) cells.push(b[right] as WireCell);
    cells.push(cell);
  }
  for (; right < b.length; right++) cells.push(b[right] as WireCell);
  return cells;
}
