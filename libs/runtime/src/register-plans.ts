/** The first start of a product's version fixes what it means: another definition under the same version is refused. */
import type { PlanDocument, ServedDocument } from '@tenon/contracts';
import { STORE_KEYS, servedDocument, supported, versionsOf } from '@tenon/contracts';
import type { Declared, Plan, Problem, ProductId, Versions } from '@tenon/domain';
import {
  declareVersion,
  firstVersions,
  idOf,
  isSameDefinition,
  isVersionThere,
  nextVersion,
  productId,
  versionFor,
} from '@tenon/domain';
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
export interface Taking extends Omit<Declared, 'version' | 'topology' | 'as'> {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long a version is kept that its name goes away from at once. */
  readonly graceMs: number;
}

/** A declared plan under the number of another version. */
export interface WantedPlan {
  readonly plan: Plan;
  readonly version: number;
}

/**
 * Puts the plans of a catalog, and what follows for the versions of each name. One that is new is built beside the one that is
 * served; the first one of a name is served from its beginning. A version that there is keeps its topology.
 *
 * @param made plans of versions under which declared ones are to run
 * @returns the plans that are missing in `made`; then nothing was put
 */
export async function putPlans(
  tx: StoreTransaction,
  plans: readonly Plan[],
  taking: Taking,
  made: ReadonlyMap<ProductId, Plan>,
): Promise<readonly WantedPlan[]> {
  const documents = await tx.getMany<ServedDocument>(
    'meta',
    plans.map(({ product }) => STORE_KEYS.served(product)),
  );
  const steps: Taken[] = [];
  for (const [index, plan] of plans.entries()) {
    const document = supported('served', documents[index]);
    const versions = document && versionsOf(document);
    const known =
      versions === undefined ? new Map<number, Plan>() : await plansOf(tx, plan.product, versions);
    steps.push(takePlan(plan, versions, known, taking));
  }
  const wanted = steps.flatMap(({ plan, of, as, isMade }) =>
    isMade && !made.has(productId(plan.product, as)) ? [{ plan: of, version: as }] : [],
  );
  if (wanted.length > 0) return wanted;
  for (const { plan, as, isMade, registered, changed, after } of steps) {
    const own = { ...plan, topology: registered?.topology ?? plan.topology };
    // A process that has an earlier catalog than was taken last does not bring back what is gone.
    if (isVersionThere(after, plan.version)) putPlan(tx, own);
    if (isMade) putPlan(tx, made.get(productId(plan.product, as)) as Plan);
    if (changed) tx.put('meta', STORE_KEYS.served(plan.product), servedDocument(after));
  }
  return [];
}

/** What follows from one declared plan. */
export interface Taken {
  readonly plan: Plan;
  /** What a version is made of that is to run for it under another number: with the rules that restate the served one. */
  readonly of: Plan;
  /** The version that is to run for it. */
  readonly as: number;
  /** That has no plan yet. */
  readonly isMade: boolean;
  /** The plan that stands under the declared number. */
  readonly registered: Plan | undefined;
  readonly changed: boolean;
  readonly after: Versions;
}

/**
 * What follows for the versions of a name where a catalog declares a plan. Pure.
 *
 * @param versions absent: the name is new
 * @param known the plans of versions of which something is there, by their numbers
 */
export function takePlan(
  plan: Plan,
  versions: Versions | undefined,
  known: ReadonlyMap<number, Plan>,
  taking: Taking,
): Taken {
  const { version, topology } = plan;
  const registered = known.get(version);
  if (versions === undefined) {
    const after = firstVersions(version, topology, taking.now);
    return { plan, of: plan, as: version, isMade: false, registered, changed: true, after };
  }
  const before = { topology: known.get(versions.declared)?.topology ?? topology, ...versions };
  const served = known.get(versions.served);
  const restated = served?.restated;
  const isRestated = restated !== undefined && restated.sql.trim() === plan.sql.trim();
  const of = isRestated && served !== undefined ? { ...served, topology } : plan;
  const fits = [...known.values()].filter(
    (one) =>
      one.topology === topology &&
      (one.version === version && !isRestated ? one === registered : isSameDefinition(one, of)),
  );
  const as = versionFor(before, version, new Set(fits.map((one) => one.version)));
  const after = declareVersion(before, { ...taking, version, topology, as }, taking.now, taking.graceMs);
  const changed = after !== before;
  const isMade = as !== version && !known.has(as) && changed && isVersionThere(after, as);
  return { plan, of, as, isMade, registered, changed, after };
}

/** The plans of versions of which something is there, by their numbers. */
async function plansOf(
  tx: StoreTransaction,
  product: string,
  { served, others }: Versions,
): Promise<ReadonlyMap<number, Plan>> {
  const there = [served, ...others.filter(({ state }) => state !== 'dropped').map((one) => one.version)];
  const keys = there.map((version) => STORE_KEYS.plan(productId(product, version)));
  const documents = await tx.getMany<PlanDocument>('meta', keys);
  return new Map(
    documents.flatMap((document, index) => (document ? [[there[index] as number, document.plan]] : [])),
  );
}

const putPlan = (tx: StoreTransaction, plan: Plan) =>
  tx.put('meta', STORE_KEYS.plan(idOf(plan)), { plan } satisfies PlanDocument);

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
