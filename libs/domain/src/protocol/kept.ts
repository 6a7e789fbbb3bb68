/**
 * Which generations can be read beside the served one. A base view never changes, and a fold takes out of a cell's document only
 * what it puts beside it (`takenOut`), so a generation can be read as long as its pointer is known and nothing behind it is pruned.
 */
import type { Plan } from '../plan';
import type { Generation, Line } from '../numbers';
import type { Pointer } from './pointer';

/** So many generations before the served one, where a product says nothing. */
export const KEPT_GENERATIONS = 20;

export const keptGenerations = ({ generations }: Pick<Plan, 'generations'>): number =>
  generations ?? KEPT_GENERATIONS;

export interface ServedPlace {
  readonly line: Line;
  readonly generation: Generation;
}

/** A pointer that was served. */
export interface KeptGeneration {
  readonly pointer: Pointer;
  /** What was served before it; null: nothing of that is kept. */
  readonly before: ServedPlace | null;
}

/** In the order in which pointers are served: a line begins where the one before ends, or later. */
export const isServedBefore = (a: ServedPlace, b: ServedPlace): boolean =>
  a.line === b.line ? a.generation < b.generation : a.line < b.line;

/**
 * The pointers that can be read, newest first: the served one, and those before it as far as each is known. Where a link is
 * missing somebody may have folded who kept nothing, so what lies behind it is not to be trusted.
 *
 * @param known in any order
 * @param most how many before the served one
 */
export function keptBy(served: Pointer, known: readonly KeptGeneration[], most: number): Pointer[] {
  if (served.generation === 0) return [];
  const at = (place: ServedPlace) => known.find(({ pointer }) => isAt(pointer, place));
  const found: Pointer[] = [served];
  let kept = at(served);
  while (found.length <= most && kept !== undefined && kept.before !== null) {
    const next = at(kept.before);
    if (next === undefined || !isServedBefore(kept.before, kept.pointer)) break;
    found.push(next.pointer);
    kept = next;
  }
  return found;
}

const isAt = (pointer: Pointer, { line, generation }: ServedPlace) =>
  pointer.line === line && pointer.generation === generation;
