/** What a changed schema refuses that the one before it took: today's producers may send it. */
import type { JsonSchema, Problem, SourceDefinition } from '@tenon/domain';
import { resolved } from './schema-fields';
import { isMapping } from './yaml-file';

/** Warnings for sources of which both catalogs have a schema. */
export function narrowings(
  before: readonly Pick<SourceDefinition, 'name' | 'schema'>[],
  after: readonly Pick<SourceDefinition, 'name' | 'schema'>[],
): Problem[] {
  const known = new Map(before.map((source) => [source.name, source.schema]));
  return after.flatMap(({ name, schema }) => {
    const used = known.get(name);
    if (used === undefined || JSON.stringify(used) === JSON.stringify(schema)) return [];
    return new Narrowing(used, schema).found.map(({ path, code, what }) => ({
      code,
      message: `${[name, ...path].join('.')} ${what}.`,
      hint: HINTS[code],
      place: { file: `sources/${name}.yaml` },
    }));
  });
}

const HINTS = {
  'field-required':
    'Producers that leave it out are answered 422 from then on: let them send it first, or keep it optional.',
  'schema-narrowed':
    'Producers that send such events are answered 422 from then on; what is in the log and does not fit is a dead letter for products that read it.',
} as const;

interface Found {
  readonly path: readonly string[];
  readonly code: keyof typeof HINTS;
  readonly what: string;
}

type Schema = Readonly<Record<string, unknown>>;

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
const MAX_DEPTH = 16;

/** Keywords that a larger number makes narrower, with what holds without them; and those that a smaller one does. */
const LEAST: Readonly<Record<string, number>> = {
  ...{ minimum: -Infinity, exclusiveMinimum: -Infinity, minContains: 1 },
  ...{ minLength: 0, minItems: 0, minProperties: 0 },
};
const MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains'];

/** Keywords that refuse something by what they say, which is not looked into. */
const OPAQUE = [
  ...['pattern', 'format', 'oneOf', 'allOf', 'not', 'if', 'then', 'else', 'contains', 'prefixItems'],
  ...['uniqueItems', 'propertyNames', 'patternProperties', 'dependentRequired', 'dependentSchemas'],
  ...['unevaluatedProperties', 'unevaluatedItems'],
];

class Narrowing {
  readonly found: Found[] = [];
  private readonly compared = new Set<string>();

  constructor(
    private readonly before: JsonSchema,
    private readonly after: JsonSchema,
  ) {
    this.compare(before, after, []);
  }

  private say(path: readonly string[], what: string): void {
    this.found.push({ path, code: 'schema-narrowed', what });
  }

  private compare(before: unknown, after: unknown, path: readonly string[]): void {
    if (before === false || after === true || path.length > MAX_DEPTH) return;
    if (after === false) return this.say(path, 'is not taken any more');
    const [was, is] = [schemaOf(before, this.before), schemaOf(after, this.after)];
    if (was === undefined || is === undefined || this.isKnown(was, is)) return;
    this.types(was, is, path);
    this.values(was, is, path);
    this.bounds(was, is, path);
    for (const keyword of OPAQUE)
      if (is[keyword] !== undefined && !same(was[keyword], is[keyword]))
        this.say(path, was[keyword] === undefined ? `has a ${keyword} now` : `has another ${keyword}`);
    this.fields(was, is, path);
    if (is['items'] !== undefined) this.compare(was['items'] ?? {}, is['items'], [...path, '[]']);
  }

  /** Equal ones, unless they refer to others; those that were compared, since schemas may go in circles. */
  private isKnown(was: Schema, is: Schema): boolean {
    const [from, to] = [JSON.stringify(was), JSON.stringify(is)];
    if (from === to && !from.includes('"$ref"')) return true;
    const known = this.compared.has(`${from} ${to}`);
    this.compared.add(`${from} ${to}`);
    return known;
  }

  private types(was: Schema, is: Schema, path: readonly string[]): void {
    const [from, to] = [typesOf(was, this.before), typesOf(is, this.after)];
    const lost = from.filter((type) => !takes(to, type));
    if (from === TYPES && lost.length > 0)
      return this.say(path, `takes ${to.join(' or ')} only; it took anything`);
    if (lost.length > 0)
      this.say(path, `does not take ${lost.join(' or ')} any more, only ${to.join(' or ')}`);
    else if (is['anyOf'] !== undefined && !same(was['anyOf'], is['anyOf']) && !onlyTypes(is['anyOf']))
      this.say(path, 'has another anyOf');
  }

  private values(was: Schema, is: Schema, path: readonly string[]): void {
    const [from, to] = [valuesOf(was), valuesOf(is)];
    if (to === undefined) return;
    const lost = from?.filter((value) => !to.some((one) => same(one, value)));
    if (lost === undefined) this.say(path, 'takes certain values only');
    else if (lost.length > 0)
      this.say(path, `does not take ${lost.map((value) => JSON.stringify(value)).join(', ')} any more`);
  }

  private bounds(was: Schema, is: Schema, path: readonly string[]): void {
    const number = (schema: Schema, keyword: string, otherwise: number) =>
      typeof schema[keyword] === 'number' ? schema[keyword] : otherwise;
    for (const [keyword, none] of Object.entries(LEAST))
      if (number(is, keyword, none) > number(was, keyword, none))
        this.say(path, `has ${keyword} ${String(is[keyword])} now`);
    for (const keyword of MOST)
      if (number(is, keyword, Infinity) < number(was, keyword, Infinity))
        this.say(path, `has ${keyword} ${String(is[keyword])} now`);
    const [step, finer] = [number(was, 'multipleOf', NaN), number(is, 'multipleOf', NaN)];
    // A step of whole numbers refuses no integer.
    const whole = typesOf(was, this.before).every((type) => type !== 'number') && Number.isInteger(1 / finer);
    const times = step / finer;
    if (Number.isNaN(finer) || whole || Math.abs(times - Math.max(1, Math.round(times))) < 1e-9) return;
    this.say(path, `takes multiples of ${finer} only`);
  }

  private fields(was: Schema, is: Schema, path: readonly string[]): void {
    const [from, to] = [fieldsOf(was), fieldsOf(is)];
    const needed = new Set(namesOf(was['required']));
    for (const name of namesOf(is['required']))
      if (!needed.has(name))
        this.found.push({ path: [...path, name], code: 'field-required', what: 'is required now' });
    if (is['additionalProperties'] === false) {
      if (was['additionalProperties'] !== false) this.say(path, 'takes the fields only that are declared');
      for (const name of Object.keys(from))
        if (!Object.hasOwn(to, name)) this.say([...path, name], 'is not taken any more');
    }
    for (const [name, field] of Object.entries(to)) {
      // A field that is new is the usual change: what is sent of it today, undeclared, nobody knows.
      if (Object.hasOwn(from, name)) this.compare(from[name], field, [...path, name]);
    }
  }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const schemaOf = (schema: unknown, root: JsonSchema): Schema | undefined =>
  schema === true ? {} : resolved(schema, root);

const fieldsOf = ({ properties }: Schema): Schema => (isMapping(properties) ? properties : {});

const namesOf = (required: unknown) => (Array.isArray(required) ? (required as string[]) : []);

const takes = (types: readonly string[], type: string) =>
  types.includes(type) || (type === 'integer' && types.includes('number'));

/** JSON types that a schema lets through, all where it does not say. */
function typesOf(schema: Schema, root: JsonSchema): readonly string[] {
  const { type, anyOf } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type as string[];
  if (!Array.isArray(anyOf)) return TYPES;
  return [...new Set(anyOf.flatMap((one) => typesOf(schemaOf(one, root) ?? {}, root)))];
}

/** An anyOf that is a list of types says no more than they do. */
const onlyTypes = (anyOf: unknown) =>
  Array.isArray(anyOf) &&
  anyOf.every((one) => isMapping(one) && Object.keys(one).every((key) => key === 'type'));

function valuesOf(schema: Schema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}
