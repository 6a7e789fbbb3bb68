import type { Place } from '@tenon/domain';
import { Refusal } from '@tenon/errors';

/** A file can't be taken. */
export const fileRefusal = (code: string, message: string, hint?: string, place?: Place): Refusal =>
  new Refusal(code, [{ code, message, ...(hint !== undefined && { hint }), ...(place && { place }) }]);
