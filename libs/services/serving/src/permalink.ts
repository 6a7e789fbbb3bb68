/** What an answer is called: a question that is answered with the same rows later, or with why it can't be. */
import type { RowsOption } from '@tenon/contracts';
import { optionParameters } from '@tenon/contracts';
import type { Layer, ProductLayout, ProductView } from '@tenon/views';
import { asOfText, includedBy } from './as-of';
import type { RowsQuery } from './query';
import { optionNamed } from './query-names';

/** What the answer itself says better, and what decides nothing of its rows. */
const SAID_ANEW: readonly RowsOption[] = ['after', 'timeout', 'version', 'asOf', 'layer', 'format'];

export class Permalinks {
  private readonly places = new WeakMap<ProductView, Readonly<Record<Layer, string>>>();
  private readonly paths = new WeakMap<RowsQuery, string>();
  private readonly columns: readonly string[];

  constructor(private readonly layout: ProductLayout) {
    this.columns = layout.plan.key.flatMap(({ column }) => column ?? []);
  }

  /** A path with a query, of characters that JSON leaves as they are. */
  of(view: ProductView, query: RowsQuery): string {
    let path = this.paths.get(query);
    if (path === undefined) this.paths.set(query, (path = this.pathOf(query)));
    return path + this.place(view)[query.layer];
  }

  private pathOf({ asked }: RowsQuery): string {
    const { plan } = this.layout;
    const query = new URLSearchParams();
    for (const [name, text] of Object.entries(asked)) {
      const option = optionNamed(plan, name);
      if (option === undefined || !SAID_ANEW.includes(option)) query.append(name, text);
    }
    const said = query.toString();
    return `/v1/products/${encodeURIComponent(plan.product)}/rows?${said}${said === '' ? '' : '&'}`;
  }

  private said(layer: Layer, asOf: string): string {
    const query = new URLSearchParams();
    const said = {
      ...(layer !== 'merged' && { layer }),
      ...{ version: String(this.layout.plan.version), asOf },
    };
    for (const [name, text] of Object.entries(optionParameters(said, this.columns)))
      query.append(name, text ?? '');
    return query.toString();
  }

  private place(view: ProductView): Readonly<Record<Layer, string>> {
    let place = this.places.get(view);
    if (place === undefined) {
      const { pointer } = view.base;
      const included = includedBy(view);
      const isAtCut = Object.entries(included.offsets).every(
        ([lane, next]) => next === (pointer.cut[lane] ?? 0),
      );
      const asOf = asOfText(pointer, isAtCut ? null : included);
      place = {
        merged: this.said('merged', asOf),
        speed: this.said('speed', asOf),
        batch: this.said('batch', asOfText(pointer, null)),
      };
      this.places.set(view, place);
    }
    return place;
  }
}
