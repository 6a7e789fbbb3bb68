/**
 * Pages of rows as they were answered. A page is a function of the question and of the view, which names all that has landed of
 * the product and what is served of it; so one that was made of the same view is right, and nothing has to be told of a change.
 */
import type { ProductView } from '@tenon/views';
import type { RowsQuery } from './query';

export interface Page {
  /** JSON of the rows, with commas between; of a large page in parts, each of whole rows. */
  readonly parts: readonly string[];
  /** One of them may still change. */
  readonly provisional: boolean;
  readonly next: string | null;
}

/** What an entry takes beside its text, bytes. */
const ENTRY_BYTES = 300;

interface Known {
  view: ProductView | null;
  pages: Map<RowsQuery, Page>;
}

/** Pages of one product, within the bound of all. */
export interface ProductPages {
  find(view: ProductView, query: RowsQuery): Page | undefined;
  keep(view: ProductView, query: RowsQuery, page: Page): void;
}

export class PageCache {
  private bytes = 0;
  private readonly products: Known[] = [];

  /** @param maxBytes of all products together, about; 0 keeps nothing */
  constructor(private readonly maxBytes: number) {}

  product(): ProductPages {
    const known: Known = { view: null, pages: new Map() };
    this.products.push(known);
    return {
      find: (view, query) => (known.view === view ? known.pages.get(query) : undefined),
      keep: (view, query, page) => {
        if (known.view !== view) {
          this.forget(known);
          known.view = view;
        }
        const bytes = bytesOf(page);
        // One that is very large would drive out all others.
        if (bytes > this.maxBytes / 16 || known.pages.has(query)) return;
        if (this.bytes + bytes > this.maxBytes) for (const one of this.products) this.forget(one);
        this.bytes += bytes;
        known.pages.set(query, page);
      },
    };
  }

  private forget(known: Known): void {
    for (const page of known.pages.values()) this.bytes -= bytesOf(page);
    known.pages.clear();
  }
}

const bytesOf = ({ parts, next }: Page): number => ENTRY_BYTES + sizeOf(parts) + (next?.length ?? 0);

/** Characters of all parts. */
export function sizeOf(parts: readonly string[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}
