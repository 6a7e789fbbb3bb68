/** Distinct counts and quantiles. */
import { formatDecimal } from '../integers';
import type { SqlType, Value } from '../sql-value';
import { shapeOf } from '../sql-type';
import type { SketchState } from '../states/ddsketch';
import { ddsketchQuantile } from '../states/ddsketch';
import type { DistinctState } from '../states/distinct';
import { DISTINCT_PRECISION } from '../states/distinct';
import { estimateCardinality } from '../states/hyperloglog';
import { type Finalizer, approximate, exact } from './measure';

export const countDistinct: Finalizer = ({ states }) => {
  const state = (states[0] ?? null) as DistinctState | null;
  if (state === null) return exact(0);
  return 's' in state
    ? exact(state.s.length)
    : approximate(Math.round(estimateCardinality(DISTINCT_PRECISION, state.h)));
};

export const approxCountDistinct: Finalizer = ({ specs, states }) => {
  const [spec, state] = [specs[0], states[0] ?? null];
  if (spec?.kind !== 'hll' || state === null) return exact(0);
  return exact(Math.round(estimateCardinality(spec.precision, state as string)));
};

export const quantile: Finalizer = ({ measure, specs, states }) => {
  const [spec, state] = [specs[0], (states[0] ?? null) as SketchState | null];
  if (spec?.kind !== 'ddsketch' || state === null) return exact(null);
  const q = measure.params?.['q'] ?? 0.5;
  if (!Array.isArray(q)) return exact(encode(measure.type, ddsketchQuantile(spec.alpha, state, Number(q))));
  const shape = shapeOf(measure.type);
  const item = shape.kind === 'list' ? measure.type.slice(0, measure.type.lastIndexOf('[')) : measure.type;
  return exact(q.map((one: Value) => encode(item, ddsketchQuantile(spec.alpha, state, Number(one)))));
};

/** A quantile in the measure's type. */
function encode(type: SqlType, value: number | null): Value {
  if (value === null) return null;
  const shape = shapeOf(type);
  if (shape.kind === 'integer') return Math.round(value) + 0;
  if (shape.kind === 'decimal')
    return formatDecimal(BigInt(Math.round(value * 10 ** shape.scale)), shape.scale);
  return value;
}
