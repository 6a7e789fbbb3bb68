import type { Plan, PlanSql } from '@tenon/domain';

/** Values and counts of one state, as a table. */
export interface ValueSet {
  /** Index into `Plan.states`. */
  readonly state: number;
  /** The tables' names. */
  readonly set: string;
  readonly over: string;
  /** Fills the set: keys, v, c. */
  readonly fill: string;
  /** The cells of the set with more values than the state keeps. */
  readonly exceed: string;
  /** Keys and values of those cells. */
  readonly values: string;
}

/** `partial` for ranges with cells of very many different values. */
export interface BoundedSql {
  /** Roughly a sixteenth of the largest cell's rows. */
  readonly largest: string;
  readonly partial: string;
  readonly sets: readonly ValueSet[];
}

export interface ProbeSql {
  readonly sql: string;
  /** Finds, quickly, rows on which something would fail if it were computed of them (r); null: nothing shows it. */
  readonly signs: string | null;
  /** Each gives the names that the product takes for time zones (v): DuckDB's TRY does not catch one that is none. */
  readonly zones: readonly string[];
}

/** One expression of the answer, for itself: `SELECT i, x FROM {{cells}}`. */
export interface FinalizePart {
  readonly sql: string;
  /** The same with `{'v': x}`, null where it fails; null: DuckDB cannot try it. */
  readonly tried: string | null;
}

/** All that the engine keeps in a plan. */
export interface EngineSql extends PlanSql {
  /** `partial` for a micro-batch: the partition comes first, and states of counted values as flat lists. */
  readonly live: string;
  /** `SELECT r, n`: how many rows are made of each event; null: one at most. */
  readonly rowsOf: string | null;
  /** `SELECT r, w`: what is made of each event, and worked on it, about (planner/weights.ts); null or absent: nothing beside its rows. */
  readonly weights?: string | null;
  /** Finds rows that expressions fail on (planner/probe.ts); null: they are found by halves only. */
  readonly probe: ProbeSql | null;
  /** null: no state has a bound. */
  readonly bounded: BoundedSql | null;
  /** How each state is made of the columns of `partial` and `live` (planner/carriers.ts). */
  readonly decoders: readonly string[];
  /** The expressions of `finalize` one by one, HAVING last. */
  readonly finalizeParts: readonly FinalizePart[];
  /** For each answer column, the measures that it is computed from. */
  readonly uses: readonly (readonly number[])[];
}

/** Plans come from this engine only; a plan of another version has another hash. */
export const sqlOf = (plan: Plan) => plan.engine as EngineSql;
