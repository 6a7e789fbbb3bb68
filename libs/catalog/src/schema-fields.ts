/** What a source's key and time may be, given the schema's properties. */
import type { JsonSchema, Place } from '@tenon/domain';
import { didYouMean } from './nearest';
import type { Report } from './report';
import type { Path } from './yaml-file';
import { isMapping } from './yaml-file';

/**
 * The declared fields of `data`: the schema's own properties, which become the columns of the source. References within
 * the schema are followed.
 */
export function fieldsOf(schema: JsonSchema): ReadonlyMap<string, unknown> {
  const properties = resolved(schema, schema)?.['properties'];
  const fields = isMapping(properties) ? Object.entries(properties) : [];
  return new Map(fields.map(([name, field]) => [name, resolved(field, schema) ?? field]));
}

/** A schema behind references within its document; circles and what is not there give undefined. */
export function resolved(schema: unknown, root: unknown, depth = 0): Record<string, unknown> | undefined {
  if (!isMapping(schema) || depth > 16) return undefined;
  const { $ref: reference } = schema;
  if (typeof reference !== 'string') return schema;
  if (!reference.startsWith('#/')) return undefined;
  const path = reference
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const target = path.reduce<unknown>((at, part) => (isMapping(at) ? at[part] : undefined), root);
  return resolved(target, root, depth + 1);
}

/** The JSON types that a field's own schema allows; undefined where it does not say. */
export function typesOf(field: unknown): readonly string[] | undefined {
  const type = isMapping(field) ? field['type'] : undefined;
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? (type as string[]) : undefined;
}

/** Reports a schema that does not describe an object. */
export function checkIsObject(schema: JsonSchema, locate: (path: Path) => Place, report: Report): void {
  const types = typesOf(schema);
  if (types === undefined || types.includes('object')) return;
  report(
    'schema-invalid',
    `The schema must describe an object, not ${types.join(' or ')}.`,
    locate(['type']),
    'Write `type: object`.',
  );
}

/** The schema of a field by its name, or by its path through objects (`customer.id`); undefined where there is none. */
export function fieldNamed(name: string, schema: JsonSchema): { readonly schema: unknown } | undefined {
  const own = fieldsOf(schema);
  if (own.has(name)) return { schema: own.get(name) };
  let found: unknown = resolved(schema, schema);
  for (const step of name.split('.')) {
    const properties = resolved(found, schema)?.['properties'];
    if (!isMapping(properties) || !Object.hasOwn(properties, step)) return undefined;
    found = properties[step];
  }
  return { schema: resolved(found, schema) ?? found };
}

/** Reports a key field that is not in the schema, or whose values are no scalars. */
export function checkKeyField(
  setting: 'key' | 'id',
  name: string,
  schema: JsonSchema,
  place: Place,
  report: Report,
): void {
  const field = fieldNamed(name, schema);
  if (field === undefined) return reportUnknown(setting, name, fieldsOf(schema), place, report);
  const types = typesOf(field.schema);
  const unusable = types?.find((type) => type === 'object' || type === 'array');
  if (unusable !== undefined) {
    report(
      'field-type',
      `The ${setting} field ${name} is of type ${unusable}; ${setting === 'id' ? 'an id' : 'a key'} is a text, a number or a boolean.`,
      place,
      'Use another field.',
    );
  }
}

/** What ingestion reads as a time: RFC 3339, or seconds, milliseconds or microseconds since 1970. */
const TIME_TYPES = ['string', 'integer', 'number'];

/** Reports a time field that is not in the schema, or whose values can be no times. */
export function checkTimeField(name: string, schema: JsonSchema, place: Place, report: Report): void {
  const field = fieldNamed(name, schema);
  if (field === undefined) return reportUnknown('time', name, fieldsOf(schema), place, report);
  const types = typesOf(field.schema);
  if (types !== undefined && !types.some((type) => TIME_TYPES.includes(type))) {
    report(
      'field-type',
      `The time field ${name} is of type ${types.join(' or ')}; event time is a text such as 2001-01-01T00:01:00Z, or a number.`,
      place,
      'Declare it as `{ type: string, format: date-time }`, or leave `time` out to use the CloudEvents time.',
    );
  }
}

function reportUnknown(
  kind: string,
  name: string,
  fields: ReadonlyMap<string, unknown>,
  place: Place,
  report: Report,
): void {
  report(
    'field-unknown',
    `The ${kind} field ${name} is not a property of the schema.`,
    place,
    didYouMean(name, [...fields.keys()], 'fields'),
  );
}
