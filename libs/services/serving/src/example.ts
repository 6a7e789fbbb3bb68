/** An event that a source's schema takes, for pages that show how to send one. */
import type { JsonSchema, SourceDefinition, Value } from '@tenon/domain';

type Schema = { readonly [keyword: string]: unknown };

const asSchema = (schema: unknown): Schema =>
  typeof schema === 'object' && schema !== null ? (schema as Schema) : {};

/** @returns `data` of an event, from the schema's own examples where it gives some; null where none can be made */
export function exampleOf(source: SourceDefinition, now: string): Value | null {
  const schema = asSchema(source.schema as JsonSchema);
  const value = exampleValue(schema, now);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
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
