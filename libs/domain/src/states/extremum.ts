import type { SqlType, Value } from '../sql-value';
import { type Comparator, compareText, comparatorOf } from '../values';
import type { Present, SpecOf, StateKind } from './kind';

/** Values that are equal by their type (0 and -0, two spellings of one moment) get an order too, for one outcome. */
export function strictOrder(compare: Comparator, a: Value, b: Value): number {
  const order = compare(a, b);
  return order !== 0 || a === b ? order : compareText(JSON.stringify(a), JSON.stringify(b));
}

function pick(sign: 1 | -1, type: SqlType, a: Present, b: Present): Present {
  return sign * strictOrder(comparatorOf(type), a, b) <= 0 ? a : b;
}

export const min: StateKind<SpecOf<'min' | 'max'>> = { merge: (spec, a, b) => pick(1, spec.type, a, b) };
export const max: StateKind<SpecOf<'min' | 'max'>> = { merge: (spec, a, b) => pick(-1, spec.type, a, b) };

/** Two values and, but for releases before, the id of the event; and whether the value was too large to be kept (it is null then). */
type Keyed = readonly [by: Value, value: Value, event?: string, large?: true];

function pickKeyed(sign: 1 | -1, spec: SpecOf<'arg_min' | 'arg_max'>, a: Keyed, b: Keyed): Keyed {
  const byKey = comparatorOf(spec.by)(a[0], b[0]);
  if (byKey !== 0) return sign * byKey < 0 ? a : b;
  const [one, other] = [a[2], b[2]];
  if (one !== other) {
    if (one === undefined || other === undefined) return one === undefined ? b : a;
    return sign * compareText(one, other) < 0 ? a : b;
  }
  const order =
    strictOrder(comparatorOf(spec.type), a[1], b[1]) ||
    Number(a[3] ?? false) - Number(b[3] ?? false) ||
    strictOrder(comparatorOf(spec.by), a[0], b[0]);
  return sign * order <= 0 ? a : b;
}

export const argMin: StateKind<SpecOf<'arg_min' | 'arg_max'>> = {
  merge: (spec, a, b) => pickKeyed(1, spec, a as Keyed, b as Keyed) as Present,
};
export const argMax: StateKind<SpecOf<'arg_min' | 'arg_max'>> = {
  merge: (spec, a, b) => pickKeyed(-1, spec, a as Keyed, b as Keyed) as Present,
};
