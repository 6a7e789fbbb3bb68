/** Products that are served with another topology than the catalog has: somebody switched them. */
import type { Plan, Problem, Versions } from '@tenon/domain';
import { candidateOf, isSameDefinition, productId } from '@tenon/domain';
import type { ProductStore } from '@tenon/ports';
import { versionBook } from '@tenon/views';

/** @param declared as the catalog has them */
export async function switchedIn(
  store: ProductStore,
  declared: readonly Plan[],
): Promise<readonly Problem[]> {
  const book = versionBook(store);
  const versions = await book.read(declared.map(({ product }) => product));
  const ids = [...versions].flatMap(([name, one]) =>
    [one.served, candidateOf(one)?.version ?? one.served].map((version) => productId(name, version)),
  );
  const plans = await book.plans([...new Set(ids)]);
  return declared.flatMap((plan) => {
    const known = versions.get(plan.product);
    return (known && switchedNotice(plan, known, plans)) ?? [];
  });
}

/** @returns null where there is nothing to say, or it is on its way to what the catalog has */
function switchedNotice(plan: Plan, versions: Versions, plans: readonly Plan[]): Problem | null {
  const { product, topology } = plan;
  const planOf = (version: number | undefined) =>
    plans.find((one) => one.product === product && one.version === version);
  const served = planOf(versions.served);
  if (served === undefined || served.topology === topology || !isSameDefinition(served, plan)) return null;
  const built = planOf(candidateOf(versions)?.version);
  if (built?.topology === topology) return null;
  return {
    code: 'topology-switched',
    message: `${product} is served as ${served.topology}, to which it was switched; products/${product}.yaml says ${topology}.`,
    hint: `Write topology: ${served.topology} there; or go back: tenon switch ${product} --topology ${topology}.`,
    place: { file: `products/${product}.yaml` },
  };
}
