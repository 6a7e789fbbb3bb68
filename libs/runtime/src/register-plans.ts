/** The first start of a product's version fixes what it means: another definition under the same version is refused. */
import type { PlanDocument, ServedDocument } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS } from '@tenon/contracts';
import type { Plan, Problem } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { ProductStore } from '@tenon/ports';

/**
 * Registers the plans of a catalog, and what each name serves: the version that the catalog has.
 *
 * @throws Refusal naming every product whose definition changed without a new version
 */
export async function registerPlans(store: ProductStore, plans: readonly Plan[]): Promise<void> {
  const problems = await store.transact(async (tx) => {
    const changed: Problem[] = [];
    for (const plan of plans) {
      const key = STORE_KEYS.plan(idOf(plan));
      const known = await tx.get<PlanDocument>('meta', key);
      if (known !== undefined && known.plan.hash !== plan.hash) changed.push(changedProblem(plan));
    }
    if (changed.length > 0) return changed;
    for (const plan of plans) {
      tx.put('meta', STORE_KEYS.plan(idOf(plan)), { plan });
      const served: ServedDocument = { v: VERSIONS.served.writes, version: plan.version };
      tx.put('meta', STORE_KEYS.served(plan.product), served);
    }
    return changed;
  });
  if (problems.length > 0) throw new Refusal('product-changed', problems);
}

/** What changed from one catalog to the next although its version did not. */
export function changedPlans(before: readonly Plan[], after: readonly Plan[]): readonly Problem[] {
  const known = new Map(before.map((plan) => [idOf(plan), plan.hash]));
  return after.filter((plan) => (known.get(idOf(plan)) ?? plan.hash) !== plan.hash).map(changedProblem);
}

function changedProblem(plan: Plan): Problem {
  return {
    code: 'product-changed',
    message: `${plan.product} version ${plan.version} is already in use with another definition; its states can't be mixed with the new one's.`,
    hint: `Set version: ${plan.version + 1} in products/${plan.product}.yaml: the new version is then built from the log from its beginning.`,
    place: { file: `products/${plan.product}.sql` },
  };
}
