/**
 * A planned product: what the planner derives from one SELECT, and all that a service needs to run it.
 * A plan is JSON, versioned by `v`; `hash` identifies the definition that it was made from.
 */
import type { Topology } from './definitions';
import type { Restatement } from './restatement';
import type { SqlType, Value } from './sql-value';
import type { StateSpec } from './states/spec';

/** One column of the product's answer, in the order of the SELECT. */
export interface PlanColumn {
  readonly name: string;
  readonly type: SqlType;
  /** `key`: part of the cell's key. `measure`: one aggregate. `expression`: computed from keys and measures. */
  readonly role: 'key' | 'measure' | 'expression';
  /** Index into `Plan.key` (role key) or `Plan.measures` (role measure). */
  readonly index: number | null;
}

/** One part of the cell key. The window, if there is one, is part 0. */
export interface PlanKey {
  /** The answer's column that shows it, or null if the SELECT does not show it. */
  readonly column: string | null;
  readonly type: SqlType;
}

/** How long a window is: a fixed length, or calendar months. */
export interface WindowSize {
  readonly sizeMicros: number;
  /** Used instead of `sizeMicros` where the window is made of calendar months. */
  readonly sizeMonths: number;
}

/**
 * Which windows an event time falls into: of UTC, or of the local time of `zone`, with `shiftMicros` added to it before it is cut into
 * buckets. What is shown is the bucket's start, with `labelMicros` added, or the instant at which it is (`instants`).
 */
export interface WindowShape extends WindowSize {
  readonly zone?: string;
  readonly shiftMicros?: number;
  readonly labelMicros?: number;
  readonly instants?: true;
}

export interface PlanWindow extends WindowShape {
  /** The answer's column that shows the window. */
  readonly column: string;
}

/** One aggregate of the SELECT: which states it reads, and how they become a number. */
export interface PlanMeasure {
  /** The finalizer's name, e.g. `count`, `sum`, `avg`, `stddev_samp`, `quantile`. */
  readonly fn: string;
  /** Indices into `Plan.states`. */
  readonly states: readonly number[];
  readonly type: SqlType;
  /** Constants of the call, e.g. the quantile or the k of a top-k. */
  readonly params?: { readonly [name: string]: Value };
}

export interface Plan {
  readonly v: 1;
  readonly product: string;
  readonly version: number;
  readonly source: string;
  readonly topology: Topology;
  readonly retentionMicros: number | null;
  readonly description: string | null;
  /** How many generations before the served one can be read. Absent: `KEPT_GENERATIONS`. */
  readonly generations?: number;
  /** The SELECT as written. */
  readonly sql: string;
  /** By which rules events were left out of it, or replaced: `sql` has them. Absent: by none. */
  readonly restated?: Restatement;
  /** Identifies product, version, SQL, source columns and state rules: equal hash, equal states. */
  readonly hash: string;
  readonly columns: readonly PlanColumn[];
  readonly key: readonly PlanKey[];
  readonly window: PlanWindow | null;
  readonly states: readonly StateSpec[];
  readonly measures: readonly PlanMeasure[];
  /** SQL fragments that only the engine reads. */
  readonly engine: PlanSql;
}

/** The engine's part of a plan. Opaque to services; the engine may keep more in it than is said here. */
export interface PlanSql {
  /** Columns of the source that the product needs, as name and type. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  /** The partial SELECT, one row per cell of a range; `{{input}}` stands for the relation that it reads. */
  readonly partial: string;
  /** How many input rows count, by partition; null where that is `count(*)` of the cells. */
  readonly rows: string | null;
  /** The SELECT over finalized keys and measures that gives expressions and HAVING; null: there are none. */
  readonly finalize: string | null;
}

/** True if plans mean the same, whatever their versions' numbers and topologies. */
export const isSameDefinition = (a: Plan, b: Plan): boolean =>
  a.sql === b.sql && a.source === b.source && a.retentionMicros === b.retentionMicros;
