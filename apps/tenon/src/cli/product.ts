/** A product as the command line names it: `routes`, or a certain version of it, `routes@2`. */
import { segment } from './client';

export interface AskedProduct {
  readonly path: string;
  /** Undefined: the one that its name answers with. */
  readonly version: string | undefined;
}

export function askedProduct(text: string): AskedProduct {
  const [, name = text, version] = /^(.+)@([1-9]\d{0,5})$/.exec(text) ?? [];
  const path = `/v1/products/${segment(name)}`;
  return { path, version };
}
