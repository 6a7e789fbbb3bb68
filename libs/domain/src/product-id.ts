/**
 * A product is one version of one name. Versions stand side by side, each with topics, groups, keys and states of its own;
 * which one a name serves is a document of the store.
 */

/** `<name>@<version>`; names have no `@`. */
export type ProductId = string & { readonly __kind?: 'product' };

export const productId = (name: string, version: number): ProductId => `${name}@${version}`;

/** Of a plan, or of anything that names a product and its version. */
export const idOf = (plan: { readonly product: string; readonly version: number }): ProductId =>
  productId(plan.product, plan.version);

export function parseProductId(id: ProductId): { readonly name: string; readonly version: number } {
  const at = id.lastIndexOf('@');
  return { name: id.slice(0, at), version: Number(id.slice(at + 1)) };
}
