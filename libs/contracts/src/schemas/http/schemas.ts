/** Schemas that have a name stand in the document once, and are referred to. */
import type { z } from 'zod';
import { jsonSchemaOf } from '../json-schema';

type Json = Readonly<Record<string, unknown>>;

const PREFIX = '#/components/schemas/';

export class Schemas {
  private readonly named = new Map<string, unknown>();

  /** @returns a schema, or a reference to one that has a name */
  of(schema: z.ZodType): Json {
    const { $schema: _, $defs, ...own } = jsonSchemaOf(schema) as Record<string, unknown>;
    for (const [name, one] of Object.entries(($defs ?? {}) as Record<string, Json>))
      this.put(name, referring(one));
    const { id } = (schema.meta() ?? {}) as { readonly id?: string };
    return id === undefined ? (referring(own) as Json) : this.put(id, referring(own));
  }

  /** The same of a schema with a name. */
  add(schema: z.ZodType): Json {
    return this.of(schema);
  }

  put(name: string, schema: unknown): Json {
    if (!this.named.has(name)) this.named.set(name, withoutId(schema));
    return { $ref: `${PREFIX}${name}` };
  }

  all(): Json {
    return Object.fromEntries([...this.named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Names are of components here, not identifiers of documents. */
function withoutId(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const { id: _, ...rest } = schema as Record<string, unknown>;
  return rest;
}

function referring(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(referring);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, one]) =>
      key === '$ref' && typeof one === 'string'
        ? [key, one.replace('#/$defs/', PREFIX)]
        : [key, referring(one)],
    ),
  );
}
