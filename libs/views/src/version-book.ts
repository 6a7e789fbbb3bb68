/** The book of products' versions: one document of the store for each name, in which every step of their life is one transaction. */
import type { PlanDocument, ServedDocument } from '@tenon/contracts';
import { STORE_KEYS, servedDocument, supported, versionsOf } from '@tenon/contracts';
import type { Plan, Problem, ProductId, Versions } from '@tenon/domain';
import { idOf, productId } from '@tenon/domain';
import type { ProductStore, StoreSnapshot, StoreTransaction } from '@tenon/ports';

/** @throws UnsupportedVersion */
export async function versionsIn(
  store: Pick<StoreTransaction | StoreSnapshot, 'getMany'>,
  names: readonly string[],
): Promise<ReadonlyMap<string, Versions>> {
  const keys = names.map((name) => STORE_KEYS.served(name));
  const documents = await store.getMany<ServedDocument>('meta', keys);
  return new Map(
    names.flatMap((name, index) => {
      const document = supported('served', documents[index]);
      return document === undefined ? [] : [[name, versionsOf(document)] as const];
    }),
  );
}

/**
 * @param plans what runs
 * @returns name → the product that it answers with: the version that the book names, where it runs, else the latest that does
 */
export function servedIn(
  versions: ReadonlyMap<string, Versions>,
  plans: readonly Pick<Plan, 'product' | 'version'>[],
): ReadonlyMap<string, ProductId> {
  const running = new Set(plans.map(idOf));
  return new Map(
    plans.map(({ product: name }) => {
      const served = versions.get(name)?.served;
      if (served !== undefined && running.has(productId(name, served)))
        return [name, productId(name, served)];
      const latest = Math.max(
        ...plans.filter(({ product }) => product === name).map(({ version }) => version),
      );
      return [name, productId(name, latest)];
    }),
  );
}

export const putVersions = (tx: StoreTransaction, name: string, versions: Versions): void =>
  tx.put('meta', STORE_KEYS.served(name), servedDocument(versions));

/** A step in the life of a product: what follows, the same object for nothing, or why not. */
export type VersionStep = (versions: Versions) => Versions | Problem;

export const isProblem = (one: Versions | Problem): one is Problem => 'code' in one;

export interface VersionBook {
  /** Of names that there are; others are missing. @throws UnsupportedVersion */
  read(names: readonly string[]): Promise<ReadonlyMap<string, Versions>>;
  /**
   * @param plan of a version that the step makes
   * @returns what is so now, or why it can't be; undefined: there is no such name
   * @throws UnsupportedVersion
   */
  change(name: string, step: VersionStep, plan?: Plan): Promise<Versions | Problem | undefined>;
  /** The plans of some versions as they were registered; those that are not are missing. */
  plans(products: readonly ProductId[]): Promise<readonly Plan[]>;
}

export function versionBook(store: Pick<ProductStore, 'snapshot' | 'transact'>): VersionBook {
  return {
    read: (names) => store.snapshot((snapshot) => versionsIn(snapshot, names)),
    change: (name, step, plan) =>
      store.transact(async (tx) => {
        const before = (await versionsIn(tx, [name])).get(name);
        if (before === undefined) return undefined;
        const after = step(before);
        if (isProblem(after) || after === before) return after;
        putVersions(tx, name, after);
        if (plan !== undefined) tx.put('meta', STORE_KEYS.plan(idOf(plan)), { plan } satisfies PlanDocument);
        return after;
      }),
    plans: (products) =>
      store.snapshot(async (snapshot) => {
        const keys = products.map((product) => STORE_KEYS.plan(product));
        const documents = await snapshot.getMany<PlanDocument>('meta', keys);
        return documents.flatMap((document) => document?.plan ?? []);
      }),
  };
}
