import * as fc from 'fast-check';
import { idOf, parseProductId, productId } from './product-id';

describe('the id of a product', () => {
  it('is its name and its version, and gives both back', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/),
        fc.integer({ min: 1, max: 1e6 }),
        (name, version) => {
          expect(parseProductId(productId(name, version))).toEqual({ name, version });
          expect(idOf({ product: name, version })).toBe(productId(name, version));
        },
      ),
    );
    expect(productId('airport_hours', 2)).toBe('airport_hours@2');
  });
});
