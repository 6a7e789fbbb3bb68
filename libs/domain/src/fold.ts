/**
 * The landing zone's rules: which flush may land, and the one law that makes every view,
 *
 *     base(k) = base(i) ⊕ states(cut i … cut k)
 *
 * where the states come from batch (Lambda) or from the closed epochs of speed (Kappa).
 */
import type { StateSpec, State } from './states/spec';
import { mergeState } from './states';
import type { Offsets } from './cuts';

/** What landing a flush of the offsets [from, to) of an epoch would do. */
export type FlushVerdict = 'apply' | 'stale' | 'gap';

/**
 * A flush lands if and only if `from <= next < to`, where `next` is the offset that has landed for its epoch and
 * partition: replays and zombies change nothing (`stale`), and what went missing is seen (`gap`) and never summed over.
 *
 * @param next what has landed; the epoch's first offset where nothing has
 * @param servedEpoch the first epoch that the base view does not hold, in this partition
 */
export function judgeFlush(
  flush: { readonly epoch: number; readonly from: number; readonly to: number },
  next: number,
  servedEpoch: number,
): FlushVerdict {
  if (flush.epoch < servedEpoch || flush.to <= next) return 'stale';
  return flush.from <= next ? 'apply' : 'gap';
}

/** A version of a base cell: the generation that made it and its states. `a`: a final row that was amended. */
export interface CellVersion {
  readonly g: number;
  readonly s: readonly State[];
  readonly a?: true;
}

/** The newest version that generation `g` may see, or undefined. Versions stand newest first. */
export function versionAt(versions: readonly CellVersion[], g: number): CellVersion | undefined {
  return versions.find((version) => version.g <= g);
}

/** How many versions at or below the served generation are kept: the base, and one for readers of an earlier one. */
const KEPT_VERSIONS = 2;

/**
 * The law, for one cell. A version at generation g is the fold of the cell's records before cut g, whoever made it, so
 * those above `from` that another run has made (one that was aborted, or is under way beside this one) stay: no reader
 * is misled by them, and the other run may yet be the one that is served.
 *
 * @param amended the cell was final at `from`, so this change is an amendment
 */
export function foldCell(
  specs: readonly StateSpec[],
  versions: readonly CellVersion[],
  change: {
    readonly from: number;
    readonly to: number;
    readonly states: readonly State[];
    readonly amended: boolean;
  },
): CellVersion[] {
  const older = versions.filter((version) => version.g <= change.from);
  const base = older[0];
  const states = base ? mergeStates(specs, base.s, change.states) : [...change.states];
  const amended = base !== undefined && (base.a === true || change.amended);
  const made: CellVersion = { g: change.to, s: states, ...(amended && { a: true as const }) };
  const others = versions.filter((version) => version.g > change.from && version.g !== change.to);
  return [...[made, ...others].sort((a, b) => b.g - a.g), ...older.slice(0, KEPT_VERSIONS)];
}

/** The states of two disjoint ranges together. */
export function mergeStates(specs: readonly StateSpec[], a: readonly State[], b: readonly State[]): State[] {
  return specs.map((spec, index) => mergeState(spec, a[index] ?? null, b[index] ?? null));
}

/** How far an epoch of a partition has landed. */
export interface EpochProgress {
  readonly epoch: number;
  readonly start: number;
  readonly next: number;
  readonly closed: boolean;
  readonly nextEpoch: number;
}

/** What a reader takes of one partition beyond the cut. */
export interface PartitionReach {
  /** The epochs whose speed states count, in order. */
  readonly epochs: readonly number[];
  /** The next offset that is not included. */
  readonly included: number;
  /** The epoch that `included` belongs to; all before it are closed. */
  readonly open: number;
  /** States lie beyond `included` that do not join on: something went missing in between. */
  readonly gap: boolean;
}

/**
 * Follows a partition's epochs from the cut as long as each begins where the one before ended, so that an answer is
 * exactly the fold of the records below `included`.
 *
 * @param progress the partition's epochs, in any order
 */
export function reachOf(progress: readonly EpochProgress[], cut: number, cutEpoch: number): PartitionReach {
  const epochs: number[] = [];
  const ordered = progress.filter((one) => one.epoch >= cutEpoch).sort((a, b) => a.epoch - b.epoch);
  let included = cut;
  let open = cutEpoch;
  for (const one of ordered) {
    if (one.epoch !== open || one.start !== included) return { epochs, included, open, gap: true };
    epochs.push(one.epoch);
    included = one.next;
    // Later epochs have begun, so the end of this one went missing.
    if (!one.closed) return { epochs, included, open, gap: one !== ordered.at(-1) };
    open = one.nextEpoch;
  }
  return { epochs, included, open, gap: false };
}

/** The generation that the closed epochs of all partitions allow: every partition has left all epochs before it. */
export function foldableGeneration(reaches: readonly PartitionReach[]): number {
  return Math.min(...reaches.map((reach) => reach.open));
}

/** The offset vector that the reaches include, by partition. */
export function includedOffsets(reaches: ReadonlyMap<number, PartitionReach>): Offsets {
  return Object.fromEntries([...reaches].map(([partition, reach]) => [String(partition), reach.included]));
}
