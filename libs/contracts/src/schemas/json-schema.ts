import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * @param target AsyncAPI's own schemas are a superset of draft 7; everything else has 2020-12
 * @returns fields that are not in it are allowed: readers overlook them
 */
export function jsonSchemaOf(
  schema: z.ZodType,
  target: 'draft-2020-12' | 'draft-07' = 'draft-2020-12',
): JsonSchema {
  return z.toJSONSchema(schema, {
    target: target === 'draft-07' ? 'draft-7' : target,
    io: 'input',
    override: ({ jsonSchema }) => {
      // Of zod's `readonly`, which is about the type in TypeScript.
      delete jsonSchema.readOnly;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as JsonSchema;
}
