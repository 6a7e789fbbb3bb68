/** Which version of a product its name serves: a document of the store says so, for all instances alike. */
import type { ServedDocument } from '@tenon/contracts';
import { STORE_KEYS, supported } from '@tenon/contracts';
import type { Plan, ProductId } from '@tenon/domain';
import { idOf, productId } from '@tenon/domain';
import type { ProductStore } from '@tenon/ports';

/**
 * @param plans what this instance can serve
 * @returns name → product; where the store names none that this instance has, the latest that it has
 * @throws UnsupportedVersion
 */
export async function servedNames(
  store: Pick<ProductStore, 'snapshot'>,
  plans: readonly Plan[],
): Promise<ReadonlyMap<string, ProductId>> {
  const names = [...new Set(plans.map(({ product }) => product))];
  const keys = names.map((name) => STORE_KEYS.served(name));
  const documents = await store.snapshot((snapshot) => snapshot.getMany<ServedDocument>('meta', keys));
  const known = new Set(plans.map(idOf));
  return new Map(
    names.map((name, index) => {
      const served = supported('served', documents[index]);
      if (served !== undefined && known.has(productId(name, served.version)))
        return [name, productId(name, served.version)];
      const versions = plans.filter(({ product }) => product === name).map(({ version }) => version);
      return [name, productId(name, Math.max(...versions))];
    }),
  );
}
