/** A catalog becomes the one in use, if the store agrees: sources and products together or not at all. */
import type { Plan, Problem, SourceDefinition } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { ProductStore } from '@tenon/ports';
import type { Taking } from './register-plans';
import { plansInUse, putPlans } from './register-plans';
import { changedSources, putSources, registeredSources } from './register-sources';

/**
 * @returns the catalog's sources as they were registered before
 * @throws Refusal naming each source whose rules changed, and each product whose definition changed without a new version
 */
export async function registerCatalog(
  store: ProductStore,
  { sources, plans }: { readonly sources: readonly SourceDefinition[]; readonly plans: readonly Plan[] },
  taking: Taking,
): Promise<readonly SourceDefinition[]> {
  const { problems, before } = await store.transact(async (tx) => {
    const before = await registeredSources(tx, sources);
    const problems: Problem[] = [...changedSources(before, sources), ...(await plansInUse(tx, plans))];
    if (problems.length === 0) {
      putSources(tx, sources);
      await putPlans(tx, plans, taking);
    }
    return { problems, before };
  });
  if (problems.length > 0) throw new Refusal('catalog', problems);
  return before;
}
