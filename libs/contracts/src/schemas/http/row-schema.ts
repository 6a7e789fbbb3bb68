/** What a row of a product looks like, by the types of its columns. */
import type { Plan, SqlType, TypeShape } from '@tenon/domain';
import { TEXT_KEYS, shapeOf } from '@tenon/domain';

type Json = Readonly<Record<string, unknown>>;

const INTEGER = { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?\\d+$' }] };
const DOUBLE = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] };
const DECIMAL = { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' }] };

/** @param row the schema of any row */
export const rowSchema = ({ columns }: Plan, row: Json): Json => ({
  allOf: [row],
  type: 'object',
  required: columns.map(({ name }) => name),
  properties: Object.fromEntries(columns.map(({ name, type }) => [name, ofType(type)])),
});

/** Values of a type in JSON, as libs/domain/src/values.ts writes them; each may be null. */
function ofType(type: SqlType): Json {
  return { title: type, ...orNull(schemaOf(shapeOf(type))) };
}

function orNull(schema: Json): Json {
  const { anyOf } = schema as { readonly anyOf?: readonly Json[] };
  return { anyOf: [...(anyOf ?? [schema]), { type: 'null' }] };
}

function schemaOf(shape: TypeShape): Json {
  switch (shape.kind) {
    case 'integer':
      return INTEGER;
    case 'double':
      return DOUBLE;
    case 'decimal':
      return DECIMAL;
    case 'boolean':
      return { type: 'boolean' };
    case 'list':
      return { type: 'array', items: orNull(schemaOf(shape.item)) };
    case 'struct':
      return {
        type: 'object',
        properties: Object.fromEntries(shape.fields.map(([name, field]) => [name, orNull(schemaOf(field))])),
      };
    case 'map':
      // Texts are an object's names.
      if (TEXT_KEYS.has(shape.key.kind))
        return { type: 'object', additionalProperties: orNull(schemaOf(shape.value)) };
      return {
        type: 'array',
        items: {
          type: 'array',
          prefixItems: [orNull(schemaOf(shape.key)), orNull(schemaOf(shape.value))],
        },
      };
    default:
      return { type: 'string' };
  }
}
