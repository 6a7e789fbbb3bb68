import { TenonError } from './tenon-error';

/** A document of the store that is not what was written: a matter of the product that it is of, where that is known. */
export class DamagedDocument extends TenonError {
  /** @param product null where the document is of none */
  constructor(
    readonly table: string,
    readonly key: string,
    readonly product: string | null,
    cause?: unknown,
    what = 'it is no JSON',
  ) {
    const of = product === null ? '' : ` of product ${product}`;
    super('document-damaged', `Document ${key} in table ${table}${of} can't be read: ${what}.`, {
      hint: 'Restore the store, or build the product anew: the log still has its events.',
      cause,
    });
  }
}
