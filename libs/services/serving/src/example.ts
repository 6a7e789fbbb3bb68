/** An event that a source's schema takes, for pages that show how to send one. */
import type { JsonSchema, SourceDefinition, Value } from '@tenon/domain';

type Schema = { readonly [keyword: string]: unknown };

const asSchema = (schema: unknown): Schema =>
  typeof schema === 'object' && schema !== null ? (schema as Schema) : {};

/** @returns `data` of an event, from the schema's own examples where it gives some; null where none can be made */
export function exampleOf(source: SourceDefinition, now: string): Value | null {
  const schema = asSchema(source.schema as JsonSchema);
  const value = withTime(exampleValue(schema, now), source.time, now);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** Event time is a time, where its schema says no more than that it is a text or a number. */
function withTime(value: Value, time: string | null, now: string): Value {
  const steps = time === null ? [] : Object.hasOwn(Object(value), time) ? [time] : time.split('.');
  const put = (at: Value, [step, ...others]: readonly string[]): Value => {
    if (step === undefined) return at === 'example' ? now : at === 1 ? Date.parse(now) : at;
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return at;
    return { ...at, [step]: put((at as Record<string, Value>)[step] as Value, others) } as Value;
  };
  return put(value, steps);
}

function exampleValue(schema: Schema, now: string): Value {
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0] as Value;
  if (schema.const !== undefined) return schema.const as Value;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0] as Value;
  const type = Array.isArray(schema.type)
    ? (schema.type as unknown[]).find((one) => one !== 'null')
    : schema.type;
  if (type === 'string') return exampleText(schema, now);
  if (type === 'integer' || type === 'number') return Math.max(1, Number(schema.minimum ?? 1));
  if (type === 'boolean') return true;
  if (type === 'array') return [exampleValue(asSchema(schema.items), now)];
  if (type !== 'object' && schema.properties === undefined) return null;
  const properties = Object.entries(asSchema(schema.properties));
  return Object.fromEntries(
    properties.map(([name, property]) => [name, exampleValue(asSchema(property), now)]),
  );
}

function exampleText(schema: Schema, now: string): string {
  if (schema.format === 'date-time') return now;
  if (schema.format === 'date') return now.slice(0, 10);
  return 'example'.padEnd(Number(schema.minLength ?? 0), '.').slice(0, Number(schema.maxLength ?? 100));
}
