/** What is kept of answers for the next ones, within one bound in bytes of all products together. */
import { PageCache } from './pages';
import { RowCache } from './row-cache';

export interface RowCaches {
  readonly rows: RowCache;
  readonly pages: PageCache;
  /** Of generations of before, apart: they must not drive out what is. */
  readonly past: { readonly rows: RowCache; readonly pages: PageCache };
}

/** Of each product so many views of before are kept pages of. */
const PAST_VIEWS = 64;

/** @param bytes about; 0 keeps nothing */
export function rowCaches(bytes: number): RowCaches {
  const eighth = bytes / 8;
  return {
    // Pages are made of rows, and go sooner: with anything that lands.
    ...{ rows: new RowCache(5 * eighth), pages: new PageCache(1.5 * eighth) },
    past: { rows: new RowCache(eighth), pages: new PageCache(eighth / 2, PAST_VIEWS) },
  };
}
