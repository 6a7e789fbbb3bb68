/** The first start of a product's version fixes what it means: another definition under the same version is refused. */
import type { PlanDocument, ServedDocument } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS } from '@tenon/contracts';
import type { Plan, Problem } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';

/** What a store has under the same version with another definition. */
export async function plansInUse(tx: StoreTransaction, plans: readonly Plan[]): Promise<Problem[]> {
  const keys = plans.map((plan) => STORE_KEYS.plan(idOf(plan)));
  const documents = await tx.getMany<PlanDocument>('meta', keys);
  return plans
    .filter(({ hash }, index) => (documents[index]?.plan.hash ?? hash) !== hash)
    .map(changedProblem);
}

/**
 * Puts the plans of a catalog, and what each name serves. A version that is served stays so as long as the catalog has it;
 * else the name serves the latest that the catalog has.
 */
export async function putPlans(tx: StoreTransaction, plans: readonly Plan[]): Promise<void> {
  for (const plan of plans) tx.put('meta', STORE_KEYS.plan(idOf(plan)), { plan } satisfies PlanDocument);
  for (const name of new Set(plans.map(({ product }) => product))) {
    const versions = plans.filter(({ product }) => product === name).map(({ version }) => version);
    const served = await tx.get<ServedDocument>('meta', STORE_KEYS.served(name));
    if (served !== undefined && versions.includes(served.version)) continue;
    const document: ServedDocument = { v: VERSIONS.served.writes, version: Math.max(...versions) };
    tx.put('meta', STORE_KEYS.served(name), document);
  }
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
