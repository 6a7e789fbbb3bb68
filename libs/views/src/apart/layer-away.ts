/** Telling which of two stores it is that is away. */
import { Unavailable, isPassing } from '@tenon/errors';
import type { ProductStore, ScanRange, StoreEntry, StoreSnapshot, StoreTable } from '@tenon/ports';

export type ApartLayer = 'batch' | 'speed';

/** The store of one layer can't be asked; it passes. */
export class LayerAway extends Unavailable {
  constructor(
    readonly layer: ApartLayer,
    cause: unknown,
  ) {
    super(`The store of the ${layer} layer is away: ${(cause as Error).message}`, cause);
  }
}

const told = (layer: ApartLayer, error: unknown): unknown =>
  isPassing(error) && !(error instanceof LayerAway) ? new LayerAway(layer, error) : error;

/** The store, with what passes of its errors as `LayerAway`; what a reader throws of its own stays as it is. */
export function toldApart(
  layer: ApartLayer,
  store: Pick<ProductStore, 'snapshot'>,
): Pick<ProductStore, 'snapshot'> {
  return {
    snapshot: async (read) => {
      let own: { readonly error: unknown } | null = null;
      try {
        return await store.snapshot(async (snapshot) => {
          try {
            return await read(snapshotOf(layer, snapshot));
          } catch (error) {
            own = { error };
            throw error;
          }
        });
      } catch (error) {
        if (own !== null) throw (own as { readonly error: unknown }).error;
        throw told(layer, error);
      }
    },
  };
}

function snapshotOf(layer: ApartLayer, snapshot: StoreSnapshot): StoreSnapshot {
  const guarded = <T>(reading: Promise<T>): Promise<T> =>
    reading.catch((error: unknown) => {
      throw told(layer, error);
    });
  const { version } = snapshot;
  return {
    get: (table, key) => guarded(snapshot.get(table, key)),
    getMany: <T>(table: StoreTable, keys: readonly string[]) => guarded(snapshot.getMany<T>(table, keys)),
    textsOf: (table, keys) => guarded(snapshot.textsOf(table, keys)),
    texts: (ranges) => guarded(snapshot.texts(ranges)),
    scan: <T>(table: StoreTable, range: ScanRange) => guardedScan(layer, snapshot.scan<T>(table, range)),
    parse: (table, key, text) => snapshot.parse(table, key, text),
    get ordered() {
      return snapshot.ordered;
    },
    ...(version !== undefined && { version }),
  };
}

async function* guardedScan<T>(
  layer: ApartLayer,
  scan: AsyncIterable<readonly StoreEntry<T>[]>,
): AsyncGenerator<readonly StoreEntry<T>[]> {
  const chunks = scan[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw told(layer, error);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}
