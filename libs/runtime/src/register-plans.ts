/** The first start of a product's version fixes what it means: another definition under the same version is refused. */
import type { PlanDocument, ServedDocument } from '@tenon/contracts';
import { STORE_KEYS, servedDocument, supported, versionsOf } from '@tenon/contracts';
import type { Declared, Plan, Problem } from '@tenon/domain';
import { declareVersion, firstVersions, idOf, nextVersion, otherVersion } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';

/** What a store has under the same version with another definition. */
export async function plansInUse(tx: StoreTransaction, plans: readonly Plan[]): Promise<Problem[]> {
  const keys = plans.map((plan) => STORE_KEYS.plan(idOf(plan)));
  const documents = await tx.getMany<PlanDocument>('meta', keys);
  const changed = plans.filter(({ hash }, index) => (documents[index]?.plan.hash ?? hash) !== hash);
  const served = await tx.getMany<ServedDocument>(
    'meta',
    changed.map(({ product }) => STORE_KEYS.served(product)),
  );
  return changed.map((plan, index) => {
    const document = supported('served', served[index]);
    return changedProblem(plan, document && nextVersion(versionsOf(document)));
  });
}

/** How a catalog is taken: see `declareVersion`. */
export interface Taking extends Omit<Declared, 'version'> {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long a version is kept that its name goes away from at once. */
  readonly graceMs: number;
}

/**
 * Puts the plans of a catalog, and what follows for the versions of each name. One that is new is built beside the one that is
 * served; the first one of a name is served from its beginning.
 */
export async function putPlans(tx: StoreTransaction, plans: readonly Plan[], taking: Taking): Promise<void> {
  const keys = plans.map(({ product }) => STORE_KEYS.served(product));
  const documents = await tx.getMany<ServedDocument>('meta', keys);
  plans.forEach((plan, index) => {
    const { product, version } = plan;
    const document = supported('served', documents[index]);
    const before = document && versionsOf(document);
    const after = before
      ? declareVersion(before, { ...taking, version }, taking.now, taking.graceMs)
      : firstVersions(version, taking.now);
    // A process that has an earlier catalog than was taken last does not bring back what is gone.
    const state = version === after.served ? 'served' : (otherVersion(after, version)?.state ?? 'dropped');
    if (state !== 'dropped') tx.put('meta', STORE_KEYS.plan(idOf(plan)), { plan } satisfies PlanDocument);
    if (after !== before) tx.put('meta', STORE_KEYS.served(product), servedDocument(after));
  });
}

/**
 * What changed from one catalog to the next although its version did not.
 *
 * @param next a number that no version of the product has had
 */
export function changedPlans(
  before: readonly Plan[],
  after: readonly Plan[],
  next?: (plan: Plan) => number,
): readonly Problem[] {
  const known = new Map(before.map((plan) => [idOf(plan), plan.hash]));
  return after
    .filter((plan) => (known.get(idOf(plan)) ?? plan.hash) !== plan.hash)
    .map((plan) => changedProblem(plan, next?.(plan)));
}

/** @param next a number that no version has had */
function changedProblem(plan: Plan, next = plan.version + 1): Problem {
  return {
    code: 'product-changed',
    message: `${plan.product} version ${plan.version} is already in use with another definition; its states can't be mixed with the new one's.`,
    hint: `Set version: ${next} in products/${plan.product}.yaml: the new version is then built beside this one, from the first event on.`,
    place: { file: `products/${plan.product}.sql` },
  };
}
