/** What an answer is called: a question that is answered with the same rows later, or with why it can't be. */
import type { RowsOption } from '@tenon/contracts';
import { optionParameters } from '@tenon/contracts';
import type { Layer, ProductLayout, ProductView } from '@tenon/views';
import { asOfText, includedBy } from './as-of';
import { optionNamed } from './query-names';

/** What the answer itself says better, and what decides nothing of its rows. */
const SAID_ANEW: readonly RowsOption[] = ['after', 'timeout', 'version', 'asOf', 'layer'];

export class Permalinks {
  private readonly places = new WeakMap<ProductView, { readonly merged: string; readonly batch: string }>();
  private readonly columns: readonly string[];

  constructor(private readonly layout: ProductLayout) {
    this.columns = layout.plan.key.flatMap(({ column }) => column ?? []);
  }

  /** @param asked the query as it came, which is a sound one */
  of(view: ProductView, layer: Layer, asked: Readonly<Record<string, string>>): string {
    const { plan } = this.layout;
    const { merged, batch } = this.place(view);
    const query = new URLSearchParams();
    for (const [name, text] of Object.entries(asked)) {
      const option = optionNamed(plan, name);
      if (option === undefined || !SAID_ANEW.includes(option)) query.append(name, text);
    }
    const said = {
      ...(layer !== 'merged' && { layer }),
      ...{ version: String(plan.version), asOf: layer === 'batch' ? batch : merged },
    };
    for (const [name, text] of Object.entries(optionParameters(said, this.columns)))
      query.append(name, text ?? '');
    return `/v1/products/${encodeURIComponent(plan.product)}/rows?${query.toString()}`;
  }

  private place(view: ProductView): { readonly merged: string; readonly batch: string } {
    let place = this.places.get(view);
    if (place === undefined) {
      const { pointer } = view.base;
      const included = includedBy(view);
      const isAtCut = Object.entries(included.offsets).every(
        ([lane, next]) => next === (pointer.cut[lane] ?? 0),
      );
      place = { merged: asOfText(pointer, isAtCut ? null : included), batch: asOfText(pointer, null) };
      this.places.set(view, place);
    }
    return place;
  }
}
