import type { ProductStore } from '@tenon/ports';

/**
 * A store that is opened when it is first asked for, and again as long as it can't be: so a process whose other store is there
 * starts, and answers what it can.
 */
export function lazyStore(open: () => Promise<ProductStore>): ProductStore {
  let opening: Promise<ProductStore> | null = null;
  let closed = false;
  const opened = (): Promise<ProductStore> => {
    opening ??= open().catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  };
  return {
    transact: async (work) => (await opened()).transact(work),
    snapshot: async (read) => (await opened()).snapshot(read),
    close: async () => {
      if (closed) return;
      closed = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
