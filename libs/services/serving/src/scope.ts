/** What one serving process answers of: all products whole, those in one store alone, or one layer of those in two. */
import type { Plan } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Layer } from '@tenon/views';

/** `TENON_LAYER`. */
export type ServingScope = 'all' | 'combined' | 'batch' | 'speed';

type Scoped = Pick<Plan, 'product' | 'topology'>;

/** True for products of which it can answer anything. */
export const serves = (scope: ServingScope, { topology }: Pick<Plan, 'topology'>): boolean =>
  scope === 'all' || (topology === 'lambda-separate') === (scope !== 'combined');

/** What it says of a product by itself: in the list of products, its ledger, its troubles. */
export const ownLayer = (scope: ServingScope): Layer =>
  scope === 'batch' || scope === 'speed' ? scope : 'merged';

/** @throws HttpProblem 421 `layer-elsewhere` for what another process has */
export function mustAnswer(scope: ServingScope, plan: Scoped, layer: Layer): void {
  const { product, topology } = plan;
  if (!serves(scope, plan)) {
    const what =
      scope === 'combined'
        ? 'keeps its layers in stores of their own, and this serving answers of products in one store'
        : `is ${topology}, and this serving answers of the ${scope} layer of products that are lambda-separate`;
    throw elsewhere(product, `${product} ${what}.`, 'Ask a serving without TENON_LAYER.');
  }
  const own = ownLayer(scope);
  if (own === 'merged' || layer === own) return;
  const hint =
    layer === 'merged'
      ? `Ask for layer=${own} here, or a serving without TENON_LAYER for both.`
      : `Ask the serving with TENON_LAYER=${layer}, or one without.`;
  throw elsewhere(product, `This serving has the ${own} layer alone, and was asked for ${layer}.`, hint);
}

const elsewhere = (product: string, message: string, hint: string) =>
  new HttpProblem(421, 'layer-elsewhere', `${message} ${hint}`, { product });
