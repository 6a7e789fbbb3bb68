/** What a product asks more of than a budget gives (docs/configuration.md#budgets): it is isolated, and the others go on. */
import type { ProductId } from '@tenon/domain';
import { TenonError } from './tenon-error';

/** @param most cells of an open epoch that an instance of speed holds of one product */
export const epochTooLarge = (product: ProductId, most: number): TenonError =>
  new TenonError(
    'epoch-too-large',
    `${product}: more than ${most} cells in the open epoch (TENON_MAX_EPOCH_CELLS).`,
    { hint: 'Cut more often (TENON_CUT_EVERY), group by less, or raise the setting.' },
  );

/**
 * @param setting that names the budget
 * @param retryable whether the same may be quicker another time
 */
export const runTooLong = (
  product: ProductId,
  mostMs: number,
  setting: 'TENON_MAX_RUN' | 'TENON_MAX_MICRO_BATCH',
  retryable: boolean,
  where = '',
): TenonError =>
  new TenonError('run-too-long', `${product}: more than ${mostMs / 1000} s (${setting})${where}.`, {
    retryable,
    hint: 'Make its SQL cheaper, or raise the setting.',
  });
