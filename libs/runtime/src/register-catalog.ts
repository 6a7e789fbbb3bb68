/** A catalog becomes the one in use, if the store agrees: sources and products together or not at all. */
import type { Plan, Problem, ProductId, SourceDefinition } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { ProductStore } from '@tenon/ports';
import type { Taking, WantedPlan } from './register-plans';
import { plansInUse, putPlans } from './register-plans';
import { changedSources, putSources, registeredSources } from './register-sources';

/**
 * @param replan plans a definition under another number, which it has where its topology changes
 * @returns the catalog's sources as they were registered before
 * @throws Refusal naming each source whose rules changed, and each product whose definition changed without a new version
 */
export async function registerCatalog(
  store: ProductStore,
  { sources, plans }: { readonly sources: readonly SourceDefinition[]; readonly plans: readonly Plan[] },
  taking: Taking,
  replan: (wanted: WantedPlan) => Promise<Plan>,
): Promise<readonly SourceDefinition[]> {
  const made = new Map<ProductId, Plan>();
  // Which numbers are free is known in the transaction, and planning takes too long for one.
  for (;;) {
    const { problems, before, wanted } = await store.transact(async (tx) => {
      const before = await registeredSources(tx, sources);
      const problems: Problem[] = [...changedSources(before, sources), ...(await plansInUse(tx, plans))];
      if (problems.length > 0) return { problems, before, wanted: [] };
      const wanted = await putPlans(tx, plans, taking, made);
      if (wanted.length === 0) putSources(tx, sources);
      return { problems, before, wanted };
    });
    if (problems.length > 0) throw new Refusal('catalog', problems);
    if (wanted.length === 0) return before;
    for (const one of wanted) {
      const plan = await replan(one);
      made.set(idOf(plan), plan);
    }
  }
}
