import type { ProductId } from '@tenon/domain';
import { TenonError } from './tenon-error';

/**
 * A product cannot be computed over some input, and none of the input's records alone is to blame (such a record is a dead letter
 * instead). The same input will fail again, in either layer: whoever meets it isolates the product, and goes on with the others.
 */
export class ProductFailed extends TenonError {
  constructor(
    readonly product: ProductId,
    message: string,
    cause?: unknown,
  ) {
    super('product-failed', `${product}: ${message}`, {
      hint: 'Change its SQL, and with it its version.',
      cause,
    });
  }
}
