/** Documents of cells, held against what the product's cells are made of: what is JSON may yet be no cell of it. */
import type { BaseDocument, SpeedDocument } from '@tenon/contracts';
import { DamagedDocument } from '@tenon/errors';
import type { ProductLayout } from './layout';

type Shaped = Pick<ProductLayout, 'product' | 'shape'>;

const WHAT = 'it is no cell of this product';

/** @throws DamagedDocument */
export function soundBase({ product, shape }: Shaped, key: string, document: unknown): BaseDocument {
  const { k, v } = (document ?? {}) as Partial<BaseDocument>;
  const isSound =
    Array.isArray(v) &&
    v.every((one) => Number.isSafeInteger(one?.g) && shape.fits(k, (one as { s?: unknown }).s));
  if (!isSound) throw new DamagedDocument('base', key, product, undefined, WHAT);
  return document as BaseDocument;
}

/** @throws DamagedDocument */
export function soundSpeed({ product, shape }: Shaped, key: string, document: unknown): SpeedDocument {
  const { k, s } = (document ?? {}) as Partial<SpeedDocument>;
  if (!shape.fits(k, s)) throw new DamagedDocument('speed', key, product, undefined, WHAT);
  return document as SpeedDocument;
}
