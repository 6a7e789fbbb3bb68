/** `GET /v1/catalog`: the catalog that was taken last, the versions of its products, and how much there is of each source. */
import type { ArchiveHeadDocument } from '@tenon/contracts';
import { STORE_KEYS, TOPICS, supported } from '@tenon/contracts';
import type { Plan, Pointer, SourceDefinition, Versions } from '@tenon/domain';
import { idOf, ledgerTotal, productId } from '@tenon/domain';
import type { Route } from '@tenon/ports';
import { servedPointers, versionBook } from '@tenon/views';
import type { Parts } from './parts';
import type { ServiceSet } from './service-set';

/** A product's version as it was declared, and what of its plan others can be compared by. */
export interface CatalogProduct extends Omit<Pick<Plan, (typeof TOLD)[number]>, 'product'> {
  readonly name: string;
  readonly columns: readonly Pick<Plan['columns'][number], 'name' | 'type' | 'role'>[];
  /** The catalog has it; else it runs, or is kept, beside the one that the catalog has, or that one with another topology. */
  readonly declared: boolean;
}

/** How much there is to read of a source for whatever is built anew. */
export interface SourceSize {
  /** Records of the log since its beginning, barriers too. */
  readonly records: number;
  /** Those that are no barriers, as far as a product's ledger tells it; null: none does. */
  readonly events: number | null;
  /** Of files of the archive; null: there is none, or this process does not know. */
  readonly archivedBytes: number | null;
}

export interface CatalogAnswer {
  readonly catalog: string;
  readonly sources: readonly SourceDefinition[];
  readonly products: readonly CatalogProduct[];
  /** By product. Empty where the process has no store. */
  readonly versions: Readonly<Record<string, Versions>>;
  readonly sizes: Readonly<Record<string, SourceSize>>;
}

const TOLD = [
  ...(['product', 'version', 'source', 'sql', 'topology', 'retentionMicros', 'generations'] as const),
  ...(['description', 'hash', 'restated', 'key', 'window'] as const),
] as const;

type Home = Pick<ServiceSet, 'declaredCatalog' | 'stored'>;

export const catalogRoute = (parts: Parts, set: Home): Route => ({
  method: 'GET',
  path: '/v1/catalog',
  query: [],
  handle: async () => ({ status: 200, json: await answerOf(parts, set) }),
});

async function answerOf(parts: Parts, { declaredCatalog, stored }: Home): Promise<CatalogAnswer> {
  const { fingerprint, sources, plans } = declaredCatalog;
  const book = stored ? versionBook(await parts.store()) : null;
  const versions = (await book?.read(plans.map(({ product }) => product))) ?? new Map<string, Versions>();
  const declared = new Map(plans.map((plan) => [idOf(plan), plan.topology]));
  const beside = [...versions].flatMap(([name, { served, others }]) => [
    productId(name, served),
    ...others.filter(({ state }) => state !== 'dropped').map(({ version }) => productId(name, version)),
  ]);
  const registered = (await book?.plans(beside)) ?? [];
  // A version keeps the topology that it began with, whatever the catalog says by now.
  const others = registered.filter((plan) => declared.get(idOf(plan)) !== plan.topology);
  return {
    catalog: fingerprint,
    sources,
    products: [...plans.map((plan) => told(plan, true)), ...others.map((plan) => told(plan, false))],
    versions: Object.fromEntries(versions),
    sizes: Object.fromEntries(
      await Promise.all(
        sources.map(async (one) => [one.name, await sizeOf(parts, one, plans, stored)] as const),
      ),
    ),
  };
}

function told(plan: Plan, declared: boolean): CatalogProduct {
  const { product: name, ...rest } = Object.fromEntries(
    TOLD.filter((key) => plan[key] !== undefined).map((key) => [key, plan[key]]),
  ) as unknown as Pick<Plan, (typeof TOLD)[number]>;
  const columns = plan.columns.map(({ name: column, type, role }) => ({ name: column, type, role }));
  return { name, ...rest, columns, declared };
}

async function sizeOf(
  parts: Parts,
  { name, partitions }: SourceDefinition,
  plans: readonly Plan[],
  stored: boolean,
): Promise<SourceSize> {
  const ends = await (await parts.log()).endOffsets(TOPICS.events(name));
  const records = Object.values(ends).reduce((sum, end) => sum + end, 0);
  if (!stored) return { records, events: null, archivedBytes: null };
  const keys = Array.from({ length: partitions }, (_, one) => STORE_KEYS.archiveHead(name, one));
  const heads = await (
    await parts.store()
  ).snapshot((snapshot) => snapshot.getMany<ArchiveHeadDocument>('meta', keys));
  const known = heads.flatMap((head) => supported('archive-head', head) ?? []);
  const archivedBytes = known.length === 0 ? null : known.reduce((sum, { bytes }) => sum + bytes, 0);
  const pointers = await servedPointers(await parts.store()).read(
    plans.filter(({ source }) => source === name),
  );
  return { records, events: eventsOf(records, pointers), archivedBytes };
}

/** What stands behind the newest cut are events; below it a product's ledger tells them from barriers. */
function eventsOf(records: number, pointers: readonly (Pointer | undefined)[]): number | null {
  const counted = pointers.flatMap((pointer) => {
    if (pointer === undefined) return [];
    const { ledger, cut } = pointer;
    const below = Object.values(cut).reduce((sum, offset) => sum + offset, 0);
    return ledgerTotal(ledger) === below ? [{ below, control: ledger.control }] : [];
  });
  const newest = counted.sort((a, b) => b.below - a.below)[0];
  return newest === undefined ? null : records - newest.control;
}
