/** The law for one cell: base(k) = base(i) ⊕ states(cut i … cut k), and which version of it a reader sees. */
import type { Generation } from '../numbers';
import type { StateSpec, State } from '../states/spec';
import { mergeState } from '../states';

/** A version of a base cell: the generation that made it and its states. `a`: a final row that was amended. */
export interface CellVersion {
  readonly g: Generation;
  readonly s: readonly State[];
  readonly a?: true;
}

/** The newest version that generation `g` may see, or undefined. Versions stand newest first. */
export function versionAt(versions: readonly CellVersion[], g: Generation): CellVersion | undefined {
  return versions.find((version) => version.g <= g);
}

/**
 * The law, for one cell. A version at generation g is the fold of the cell's records before cut g, whoever made it, so
 * those above `from` that another run has made (one that was aborted, or is under way beside this one) stay: no reader
 * is misled by them, and the other run may yet be the one that is served. Of those up to `from` only the base stays: a
 * reader takes pointer and rows from one snapshot, so none of those to come reads a generation before the served one. (That
 * one more version would do for readers of the generation before does not hold: one that was never served may stand between.)
 *
 * @param amended the cell was final at `from`, so this change is an amendment
 */
export function foldCell(
  specs: readonly StateSpec[],
  versions: readonly CellVersion[],
  change: {
    readonly from: Generation;
    readonly to: Generation;
    readonly states: readonly State[];
    readonly amended: boolean;
  },
): CellVersion[] {
  const base = versionAt(versions, change.from);
  const states = base ? mergeStates(specs, base.s, change.states) : [...change.states];
  const amended = base !== undefined && (base.a === true || change.amended);
  const made: CellVersion = { g: change.to, s: states, ...(amended && { a: true as const }) };
  const others = versions.filter((version) => version.g > change.from && version.g !== change.to);
  return [made, ...others, ...(base ? [base] : [])].sort((a, b) => b.g - a.g);
}

/**
 * The versions that `foldCell` takes out of a document, newest first: readers of a generation before `from` find theirs among
 * them, or among those that folds from later generations took out. With them nothing of what was served is lost.
 */
export function takenOut(versions: readonly CellVersion[], from: Generation): CellVersion[] {
  const base = versionAt(versions, from);
  return base === undefined ? [] : versions.filter((version) => version.g < base.g);
}

/** The states of two disjoint ranges together. */
export function mergeStates(specs: readonly StateSpec[], a: readonly State[], b: readonly State[]): State[] {
  return specs.map((spec, index) => mergeState(spec, a[index] ?? null, b[index] ?? null));
}
