/** The columns that a source has in SQL: the fields of `data` by its JSON Schema, and three of the event itself. */
import type { JsonSchema, Problem, SourceDefinition, SqlType } from '@tenon/domain';
import { quoteName } from './sql/text';

export interface SourceColumn {
  readonly name: string;
  readonly type: SqlType;
  /** The type to read the JSON as, where that is another: moments with their offset, before they become UTC. */
  readonly readAs: SqlType;
  /** Where it stands in the envelope. */
  readonly path: readonly string[];
}

/** Columns of every source. */
const EVENT_COLUMNS: readonly SourceColumn[] = [
  { name: 'event_id', type: 'VARCHAR', readAs: 'VARCHAR', path: ['id'] },
  { name: 'event_time', type: 'TIMESTAMP', readAs: 'TIMESTAMP WITH TIME ZONE', path: ['eventtime'] },
  { name: 'correlation_id', type: 'VARCHAR', readAs: 'VARCHAR', path: ['correlationid'] },
];

/**
 * The CloudEvents attributes of an event. They give way to a field of `data` with the same name, and a star does not mean them: they
 * came later, and products that stand keep their columns.
 */
const ATTRIBUTES: readonly SourceColumn[] = ['type', 'source', 'subject'].map((name) => ({
  ...{ name: `event_${name}`, type: 'VARCHAR', readAs: 'VARCHAR', path: [name] },
}));

/** The columns of CloudEvents attributes that a source has. */
export function attributesOf(source: SourceDefinition): readonly SourceColumn[] {
  const fields = new Set(fieldsOf(source).columns.map(({ name }) => name.toLowerCase()));
  return ATTRIBUTES.filter(({ name }) => !fields.has(name));
}

/** All that products may read of a source. The archive keeps no columns of attributes: they are read from the events that it keeps. */
export const allColumnsOf = (source: SourceDefinition): readonly SourceColumn[] => [
  ...columnsOf(source),
  ...attributesOf(source),
];

/**
 * The source's columns, in the order of its schema's properties, then `event_id`, `event_time` and `correlation_id`.
 * A field of `data` with one of these three names is hidden by them (and products that mention it are refused); fields
 * that `columnProblems` names have no column.
 */
export function columnsOf(source: SourceDefinition): readonly SourceColumn[] {
  return [...fieldsOf(source).columns, ...EVENT_COLUMNS];
}

/** Fields of the schema that can't be columns, and why. */
export function columnProblems(source: SourceDefinition): readonly Problem[] {
  return fieldsOf(source).problems;
}

/** Fields of `data` whose name means the event's own column instead. */
export function hiddenFields(source: SourceDefinition): readonly string[] {
  const own = new Set(EVENT_COLUMNS.map(({ name }) => name));
  return propertiesOf(source.schema, resolver(source.schema))
    .map(([name]) => name)
    .filter((name) => own.has(name.toLowerCase()) && !isEventTime(source, name));
}

/** The field that event time is read from, also within objects, and its type; undefined where there is none in the schema. */
export function timeFieldOf(
  source: SourceDefinition,
): { readonly path: readonly string[]; readonly type: SqlType } | undefined {
  const { time, schema } = source;
  if (time === null) return undefined;
  const resolve = resolver(schema);
  const isField = propertiesOf(schema, resolve).some(([name]) => name === time);
  const path = isField ? [time] : time.split('.');
  let at: unknown = schema;
  for (const step of path) {
    const fields = propertiesOf(withoutNull(resolve(at), resolve), resolve);
    at = fields.find(([name]) => name === step)?.[1];
  }
  return at === undefined ? undefined : { path, type: sqlType(at, resolve, 'TIMESTAMP') };
}

/** The field that event time is read from may have its column's name: it is the same. */
const isEventTime = (source: SourceDefinition, field: string) =>
  field === 'event_time' && source.time === field;

function fieldsOf(source: SourceDefinition): { columns: SourceColumn[]; problems: Problem[] } {
  const columns: SourceColumn[] = [];
  const problems: Problem[] = [];
  const taken = new Map(EVENT_COLUMNS.map(({ name }) => [name, name]));
  for (const [name, schema] of propertiesOf(source.schema, resolver(source.schema))) {
    const refuse = (code: string, message: string) =>
      problems.push({
        code,
        message,
        hint: 'The field stays in the event; rename it to have it as a column.',
      });
    const before = taken.get(name.toLowerCase());
    if (name === '' || name.includes('\u0000'))
      refuse('field-name', 'A field with this name can have no column.');
    else if (name.startsWith('__'))
      refuse('field-name', `The field ${name} has no column: names with two underscores are Tenon's.`);
    else if (before === undefined) {
      taken.set(name.toLowerCase(), name);
      const [type, readAs] = (['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'] as const).map((moment) =>
        sqlType(schema, resolver(source.schema), moment),
      );
      columns.push({ name, type: type!, readAs: readAs!, path: ['data', name] });
    } else if (!isEventTime(source, name)) {
      refuse(
        'field-twice',
        `The field ${name} has no column: ${before} has its name (SQL does not tell case apart).`,
      );
    }
  }
  return { columns, problems };
}

/** Follows `$ref` within the document; undefined where there is nothing or a circle. */
type Resolver = (schema: unknown) => Record<string, unknown> | undefined;

function resolver(root: JsonSchema, depth = 0): Resolver {
  return (schema) => {
    let found = schema;
    for (let step = depth; step < 16; step++) {
      if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
      const { $ref: ref } = found as { $ref?: unknown };
      if (typeof ref !== 'string') return found as Record<string, unknown>;
      if (ref !== '#' && !ref.startsWith('#/')) return undefined;
      found = ref
        .split('/')
        .slice(1)
        .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
        .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], root);
    }
    return undefined;
  };
}

function propertiesOf(schema: unknown, resolve: Resolver): [string, unknown][] {
  const { properties } = resolve(schema) ?? {};
  return typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
}

const MAX_DEPTH = 8;

/** @param moment the type of date-times */
function sqlType(schema: unknown, resolve: Resolver, moment: SqlType, depth = 0): SqlType {
  const resolved = withoutNull(resolve(schema), resolve);
  if (resolved === undefined || depth > MAX_DEPTH) return 'JSON';
  switch (typeOf(resolved)) {
    case 'integer':
      return 'BIGINT';
    case 'number':
      return numberType(resolved['multipleOf']);
    case 'boolean':
      return 'BOOLEAN';
    case 'string':
      return resolved['format'] === 'date-time' ? moment : resolved['format'] === 'date' ? 'DATE' : 'VARCHAR';
    case 'array':
      return resolved['items'] === undefined || resolved['prefixItems'] !== undefined
        ? 'JSON'
        : `${sqlType(resolved['items'], resolve, moment, depth + 1)}[]`;
    case 'object': {
      const fields = propertiesOf(resolved, resolve);
      const names = new Set(fields.map(([name]) => name.toLowerCase()));
      if (fields.length === 0 || names.size < fields.length || names.has('')) return 'JSON';
      const types = fields.map(
        ([name, field]) => `${quoteName(name)} ${sqlType(field, resolve, moment, depth + 1)}`,
      );
      return `STRUCT(${types.join(', ')})`;
    }
    default:
      return 'JSON';
  }
}

/** `anyOf: [X, {type: null}]` is X. */
function withoutNull(
  schema: Record<string, unknown> | undefined,
  resolve: Resolver,
): Record<string, unknown> | undefined {
  const choices = schema?.['anyOf'] ?? schema?.['oneOf'];
  if (!Array.isArray(choices)) return schema;
  const others = choices.map(resolve).filter((choice) => choice?.['type'] !== 'null');
  return others.length === 1 ? others[0] : undefined;
}

/** The one type besides null, also where only `enum` or `const` tells it. */
function typeOf(schema: Record<string, unknown>): unknown {
  const { type } = schema;
  if (Array.isArray(type)) {
    const others = type.filter((one) => one !== 'null');
    return others.length === 1 ? others[0] : undefined;
  }
  if (type !== undefined) return type;
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  if (!Array.isArray(values)) return undefined;
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  return kinds.size === 1 && kinds.has('string') ? 'string' : undefined;
}

/** Money and the like: a number in steps of 0.01 is a DECIMAL with two digits; any other is a DOUBLE. */
function numberType(step: unknown): SqlType {
  if (typeof step !== 'number') return 'DOUBLE';
  const digits = /^\d+(?:\.(\d{1,9}))?$/.exec(
    step < 1e-6 ? step.toFixed(9).replace(/0+$/, '') : String(step),
  );
  if (digits === null) return 'DOUBLE';
  return digits[1] === undefined ? 'BIGINT' : `DECIMAL(18,${digits[1].length})`;
}
