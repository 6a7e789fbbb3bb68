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

type Known = Map<ProductView, Map<RowsQuery, Page>>;

/** Pages of one product, within the bound of all. */
export interface ProductPages {
  find(view: ProductView, query: RowsQuery): Page | undefined;
  keep(view: ProductView, query: RowsQuery, page: Page): void;
}

export class PageCache {
  private bytes = 0;
  private readonly products: Known[] = [];

  /**
   * @param maxBytes of all products together, about; 0 keeps nothing
   * @param views of a product, of which pages are kept: those that came last
   */
  constructor(
    private readonly maxBytes: number,
    private readonly views = 1,
  ) {}

  product(): ProductPages {
    const known: Known = new Map<ProductView, Map<RowsQuery, Page>>();
    this.products.push(known);
    return {
      find: (view, query) => known.get(view)?.get(query),
      keep: (view, query, page) => {
        const pages = known.get(view) ?? this.begin(known, view);
        const bytes = bytesOf(page);
        // One that is very large would drive out all others.
        if (bytes > this.maxBytes / 16 || pages.has(query)) return;
        if (this.bytes + bytes > this.maxBytes) this.forgetAll();
        this.bytes += bytes;
        pages.set(query, page);
      },
    };
  }

  private begin(known: Known, view: ProductView): Map<RowsQuery, Page> {
    const [first] = known;
    if (known.size >= this.views && first !== undefined) {
      this.forget(first[1]);
      known.delete(first[0]);
    }
    const pages = new Map<RowsQuery, Page>();
    known.set(view, pages);
    return pages;
  }

  private forgetAll(): void {
    for (const known of this.products) for (const pages of known.values()) this.forget(pages);
  }

  private forget(pages: Map<RowsQuery, Page>): void {
    for (const page of pages.values()) this.bytes -= bytesOf(page);
    pages.clear();
  }
}

const bytesOf = ({ parts, next }: Page): number => ENTRY_BYTES + sizeOf(parts) + (next?.length ?? 0);

/** Characters of all parts. */
export function sizeOf(parts: readonly string[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}
