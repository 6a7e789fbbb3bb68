/** Which values of a type a text of the query may mean: so that cells are looked up by them, and not gone through. */
import type { SqlType, Value } from '@tenon/domain';
import { shapeOf } from '@tenon/domain';

/** As many digits as every double tells apart. */
const SAFE_DIGITS = 15;

/** An empty text is one of its values, so that NULL is asked for in another way. */
export const hasEmpty = (type: SqlType) => type === 'VARCHAR';

/**
 * All values that `matches` takes for the text, as far as their keys differ; undefined where that cannot be said, so that all
 * cells have to be looked at.
 */
export function valuesOf(type: SqlType, text: string): readonly Value[] | undefined {
  const shape = shapeOf(type);
  switch (shape.kind) {
    case 'text':
    case 'interval':
      return text !== '' ? [text] : hasEmpty(type) ? [''] : [null, ''];
    case 'timestamp':
    case 'date':
    case 'time':
      return [text === '' ? null : text];
    case 'boolean':
      return text === '' ? [null] : text === 'true' ? [true] : text === 'false' ? [false] : [text];
    case 'integer':
    case 'double':
      return numbers(text, shape.kind === 'integer');
    case 'decimal':
      return decimals(type, text);
    default:
      return undefined;
  }
}

function numbers(text: string, isInteger: boolean): readonly Value[] | undefined {
  if (text === '') return [null];
  const number = text.trim() === '' ? NaN : Number(text);
  if (Number.isNaN(number) || !Number.isFinite(number)) return [text];
  // Beyond, several integers are one double, and each of them is meant.
  if (isInteger && !Number.isSafeInteger(number)) return Number.isInteger(number) ? undefined : [];
  return [number];
}

function decimals(type: SqlType, text: string): readonly Value[] | undefined {
  if (text === '') return [null];
  const precision = Number(/^DECIMAL\((\d+)/i.exec(type.trim())?.[1] ?? NaN);
  return precision <= SAFE_DIGITS && /^-?\d+(\.\d+)?$/.test(text) ? [text] : undefined;
}
