import type { Plan, PlanSql } from '@tenon/domain';

/** All that the engine keeps in a plan. */
export interface EngineSql extends PlanSql {
  /** `partial` for a micro-batch: the partition comes first, and states of counted values as flat lists. */
  readonly live: string;
  /** How each state is made of the columns of `partial` and `live` (planner/carriers.ts). */
  readonly decoders: readonly string[];
  /** For each answer column, the measures that it is computed from. */
  readonly uses: readonly (readonly number[])[];
}

/** Plans come from this engine only; a plan of another version has another hash. */
export const sqlOf = (plan: Plan) => plan.engine as EngineSql;
