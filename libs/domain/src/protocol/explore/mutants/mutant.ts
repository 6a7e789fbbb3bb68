import type { WorldName } from '../worlds';

/** A one-line change of the rules, made in the source itself: where a rule changes, its mutants must change too. */
interface Change {
  /** What the changed rule does. */
  readonly means: string;
  /** Stands in the file once. */
  readonly was: string;
  readonly is: string;
}

/** Breaks a promise of a world, after so many steps; 0: everything is included never, from the beginning. */
export type Found = Change & { readonly found: WorldName | 'logs'; readonly within: number };

/** Breaks none, in any state of a world where it matters. */
export type Equal = Change & { readonly equal: WorldName; readonly because: string };

/** By the file of the protocol. */
export type Mutants = Readonly<Record<string, readonly (Found | Equal)[]>>;
