/** Whether a value is a JSON Schema 2020-12 that events can be checked with. */
import type { JsonSchema, Place } from '@tenon/domain';
import { UnsupportedPattern, linearPattern } from '@tenon/patterns';
import addFormats from 'ajv-formats';
import type { ErrorObject } from 'ajv/dist/2020';
import Ajv2020 from 'ajv/dist/2020';
import { didYouMean, nearest } from './nearest';
import type { Report } from './report';
import type { Path } from './yaml-file';
import { isMapping } from './yaml-file';

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
const DIALECT = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** Keywords whose value is a schema, a list of schemas, or a mapping of names to schemas. */
const ONE = [
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'items',
  'unevaluatedItems',
  'contains',
  'not',
  'if',
  'then',
  'else',
];
const LIST = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const NAMED = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'];
const OTHER = [
  'type',
  'enum',
  'const',
  'required',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'dependentRequired',
  'minContains',
  'maxContains',
  'description',
  'title',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  '$schema',
  '$id',
  '$ref',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  '$comment',
  '$vocabulary',
];
const KEYWORDS = [...ONE, ...LIST, ...NAMED, ...OTHER];

function newAjv(validateSchema: boolean): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, validateSchema });
  addFormats(ajv);
  return ajv;
}

/** Knows no schema but that of schemas, which takes ajv a tenth of a second to compile. */
let ofSchemas: Ajv2020 | null = null;

/**
 * Reports everything that is wrong with a schema.
 *
 * @param locate the place of a path inside the schema
 * @returns true if it can be used
 */
export function checkSchema(
  schema: unknown,
  locate: (path: Path) => Place,
  report: Report,
): schema is JsonSchema {
  if (typeof schema === 'boolean') return true;
  if (!isMapping(schema)) {
    report(
      'schema-invalid',
      'A schema must be a mapping (or true).',
      locate([]),
      'Write e.g. `type: object` and `properties:`.',
    );
    return false;
  }
  const dialect = schema['$schema'];
  if (dialect !== undefined && (typeof dialect !== 'string' || !DIALECT.test(dialect))) {
    report(
      'schema-invalid',
      `The schema is of the dialect ${JSON.stringify(dialect)}; Tenon reads JSON Schema 2020-12.`,
      locate(['$schema']),
      'Write "https://json-schema.org/draft/2020-12/schema" or leave $schema out.',
    );
    return false;
  }
  ofSchemas ??= newAjv(true);
  if (!ofSchemas.validateSchema(schema)) {
    for (const error of foremost(ofSchemas.errors ?? [])) reportError(error, schema, locate, report);
    return false;
  }
  const ajv = newAjv(false);
  const misspelt = checkWords(schema, locate, report, Object.keys(ajv.formats));
  try {
    ajv.compile(schema);
    return !misspelt;
  } catch (error) {
    if (!misspelt)
      report(
        'schema-invalid',
        `The schema can't be used: ${(error as Error).message}.`,
        locate([]),
        hintFor(error as Error),
      );
    return false;
  }
}

const hintFor = (error: Error) =>
  error.message.includes("can't resolve reference")
    ? 'Put the schema that is referred to into $defs of this one.'
    : undefined;

/** One error per place: ajv lists every branch of an anyOf that failed. */
function foremost(errors: readonly ErrorObject[]): ErrorObject[] {
  const byPlace = new Map<string, ErrorObject>();
  for (const error of errors) if (!byPlace.has(error.instancePath)) byPlace.set(error.instancePath, error);
  return [...byPlace.values()];
}

function pathOf(error: ErrorObject): string[] {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function reportError(
  error: ErrorObject,
  schema: unknown,
  locate: (path: Path) => Place,
  report: Report,
): void {
  const path = pathOf(error);
  const value = path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], schema);
  const isType = path[path.length - 1] === 'type' && typeof value === 'string';
  const hint = isType ? didYouMean(value, TYPES, 'types') : undefined;
  const message = isType ? `is no type: ${JSON.stringify(value)}` : (error.message ?? 'is wrong');
  report('schema-invalid', `${['schema', ...path].join('.')} ${message}.`, locate(path), hint);
}

/**
 * Unknown keywords and formats are legal in JSON Schema and mean nothing, so a misspelt one silently checks nothing.
 * Those that look like a known one are reported; others are taken for annotations.
 *
 * @returns true if any was found
 */
function checkWords(
  root: unknown,
  locate: (path: Path) => Place,
  report: Report,
  formats: readonly string[],
): boolean {
  let found = false;
  const say = (path: Path, message: string, hint?: string) => {
    found = true;
    report('schema-invalid', `${['schema', ...path].join('.')} ${message}.`, locate(path), hint);
  };
  const walk = (schema: unknown, path: Path): void => {
    if (!isMapping(schema)) return;
    for (const [keyword, value] of Object.entries(schema)) {
      const near =
        KEYWORDS.includes(keyword) || keyword.startsWith('x-') ? undefined : nearest(keyword, KEYWORDS);
      if (near !== undefined)
        say([...path, keyword], 'is no keyword of JSON Schema', `Did you mean ${near}?`);
      if (ONE.includes(keyword)) walk(value, [...path, keyword]);
      if (LIST.includes(keyword))
        (value as unknown[]).forEach((one, index) => walk(one, [...path, keyword, index]));
      if (NAMED.includes(keyword))
        Object.entries(value as object).forEach(([name, one]) => walk(one, [...path, keyword, name]));
    }
    const { format, pattern } = schema;
    if (typeof format === 'string' && !formats.includes(format)) {
      const near = nearest(format, formats);
      if (near !== undefined)
        say([...path, 'format'], `is no format: ${JSON.stringify(format)}`, `Did you mean ${near}?`);
    }
    const properties = schema['patternProperties'];
    const checked = (one: string, at: Path): void => {
      const fault = patternFault(one);
      if (fault !== undefined) say(at, ...fault);
    };
    if (typeof pattern === 'string') checked(pattern, [...path, 'pattern']);
    for (const one of Object.keys(isMapping(properties) ? properties : {}))
      checked(one, [...path, 'patternProperties', one]);
  };
  walk(root, []);
  return found;
}

/** What keeps a pattern from being used, and the way out. */
function patternFault(pattern: string): [message: string, hint?: string] | undefined {
  try {
    linearPattern(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof UnsupportedPattern)) return ['is no regular expression'];
    return [
      `can't be matched in a time that is sure to be short: ${error.message}`,
      'Write it as RE2 has it, without looking ahead or behind and without references to groups; minLength and maxLength bound ' +
        'a length, and several patterns can stand in allOf, or in not.',
    ];
  }
}
