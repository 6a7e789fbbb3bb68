/** A source's JSON Schema (2020-12) as a function, with the meaning that its columns have in SQL. */
import type { JsonSchema } from '@tenon/domain';
import { parseTimestamp } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import { cappedFormats, linearPattern } from '@tenon/patterns';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { DataValidationCxt } from 'ajv/dist/types';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { CheckSteps, TooManySteps, valuesIn } from './check-steps';
import { multipleOf } from './decimal';
import { exactDigits } from './exact-integers';
import type { Fault } from './rejection';
import { pointerSegment } from './rejection';
import { areUnique } from './unique-items';

/** More faults than this in one event help nobody. */
const MAX_FAULTS = 20;

/** Of an event with more values only the first fault is looked for, since each may have one. */
const MANY_VALUES = 10_000;

export interface SchemaCheck {
  readonly valid: (data: unknown) => boolean;
  /** All that is wrong with data that is not valid; pointers begin with `pointer`. */
  faults(data: unknown, pointer: string): Fault[];
}

/** @throws TenonError `invalid-schema` */
export function compileSchema(source: string, schema: JsonSchema): SchemaCheck {
  const exact = withOwnKeywords(schema) as JsonSchema;
  try {
    const steps = new CheckSteps();
    const ownProperties = namesAnythingInherited(exact);
    const compiled = (allErrors: boolean, verbose: boolean) =>
      newAjv({ allErrors, verbose, ownProperties, steps }).compile(exact as object);
    const judged = (check: ValidateFunction, data: unknown): boolean => {
      steps.begin(data);
      try {
        return check(data);
      } catch (error) {
        if (!(error instanceof TooManySteps)) throw error;
        check.errors = [TOO_COSTLY];
        return false;
      }
    };
    // The first stops at the first fault, as most events have none; others are made when an event has some.
    const quick = compiled(false, false);
    let [first, thorough]: (ValidateFunction | null)[] = [null, null];
    const reporting = (data: unknown): ValidateFunction =>
      valuesIn(data, MANY_VALUES) > MANY_VALUES
        ? (first ??= compiled(false, true))
        : (thorough ??= compiled(true, true));
    return {
      valid: (data) => judged(quick, data),
      faults: (data, pointer) => {
        const check = reporting(data);
        judged(check, data);
        return faultsOf(check.errors ?? [], pointer);
      },
    };
  } catch (error) {
    throw new TenonError(
      'invalid-schema',
      `The schema of source ${source} can't be used: ${(error as Error).message}`,
    );
  }
}

/**
 * Whether the schema has a name, of a field or in `required`, that every object inherits: only then must validation ask
 * whether a field is the event's own, which costs.
 */
function namesAnythingInherited(schema: unknown): boolean {
  if (typeof schema === 'string') return INHERITED.has(schema);
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(([name, one]) => INHERITED.has(name) || namesAnythingInherited(one));
}

const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

interface Validation {
  readonly allErrors: boolean;
  /** Errors name the schema that they come from. */
  readonly verbose: boolean;
  readonly ownProperties: boolean;
  readonly steps: CheckSteps;
}

/** How ajv makes what `pattern` and `patternProperties` say. */
const regExp = Object.assign((source: string) => linearPattern(source), { code: 'linearPattern' });

function newAjv({ allErrors, verbose, ownProperties, steps }: Validation): Ajv2020 {
  const ajv = new Ajv2020({
    ...{ allErrors, ownProperties, verbose, strict: false, logger: false },
    // The catalog has checked it; here it would take the thread a tenth of a second while others wait.
    validateSchema: false,
    code: { regExp },
  });
  addFormats(ajv);
  for (const [name, validate] of Object.entries(cappedFormats())) ajv.addFormat(name, validate);
  // ISO 8601 without an offset means UTC here, as everywhere in Tenon. What is no moment (February 30) is refused.
  ajv.addFormat('date-time', {
    type: 'string',
    validate: (text: string) => text.length > 10 && parseTimestamp(text) !== undefined,
  });
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile: (step: number) => {
      const test = multipleOf(step);
      return (value: number, context?: DataValidationCxt) => {
        const digits = digitsOf(value, context);
        return digits === undefined
          ? test(value)
          : Number.isSafeInteger(step) && BigInt(digits) % BigInt(step) === 0n;
      };
    },
  });
  ajv.addKeyword({ keyword: INTEGER, type: 'number', compile: () => isWholeInteger });
  ajv.addKeyword({ keyword: STEP, compile: () => steps.take });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    compile: (wanted: boolean) => (items: readonly unknown[]) => !wanted || areUnique(items),
  });
  return ajv;
}

/** The digits that were sent of an integer beyond 2^53; undefined for all other numbers. */
const digitsOf = (value: number, context?: DataValidationCxt): string | undefined =>
  Number.isSafeInteger(value) || context === undefined
    ? undefined
    : exactDigits(context.parentData as object | undefined, context.parentDataProperty);

/** An integer that BIGINT holds, and that is known to its last digit (1e17 may have been rounded by whoever wrote it). */
function isWholeInteger(value: number, context?: DataValidationCxt): boolean {
  if (Number.isSafeInteger(value)) return true;
  const digits = digitsOf(value, context);
  return digits !== undefined && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
}

function faultsOf(errors: readonly ErrorObject[], pointer: string): Fault[] {
  const faults = errors.slice(0, MAX_FAULTS).map((error) => faultOf(error, pointer));
  if (errors.length > MAX_FAULTS) {
    faults.push({ pointer, code: 'more', detail: `… and ${errors.length - MAX_FAULTS} more` });
  }
  return faults;
}

function faultOf(error: ErrorObject, pointer: string): Fault {
  const { instancePath, params } = error;
  const code = error.keyword === INTEGER ? 'integer' : error.keyword;
  const at = pointer + instancePath;
  if (error === TOO_COSTLY)
    return { pointer: at, code: 'steps', detail: 'takes more steps to check than an event of its size may' };
  const { missingProperty, additionalProperty, unevaluatedProperty } = params as Record<
    string,
    string | undefined
  >;
  const unknown = additionalProperty ?? unevaluatedProperty;
  if (code === 'required' && missingProperty !== undefined) {
    return { pointer: at + pointerSegment(missingProperty), code, detail: 'is missing' };
  }
  if (unknown !== undefined) {
    return { pointer: at + pointerSegment(unknown), code, detail: 'is not a field of this source' };
  }
  return { pointer: at, code, detail: detailOf(error) };
}

function detailOf({ keyword, message, params, schema }: ErrorObject): string {
  if (keyword === 'enum')
    return `must be one of ${JSON.stringify((params as { allowedValues: unknown }).allowedValues)}`;
  if (keyword === 'const')
    return `must be ${JSON.stringify((params as { allowedValue: unknown }).allowedValue)}`;
  if (keyword === 'multipleOf') return `must be a multiple of ${String(schema)}, of at most 15 digits`;
  if (keyword === INTEGER) return 'must be an integer of 64 bits, beyond 2^53 written with all its digits';
  if (keyword === 'uniqueItems') return 'must not have two equal items';
  return message ?? 'is wrong';
}

/** Keywords whose value is a schema, a list of schemas, or a mapping of names to schemas. */
const SUBSCHEMAS = new Set(
  (
    'additionalProperties unevaluatedProperties propertyNames items unevaluatedItems contains not if then else ' +
    'allOf anyOf oneOf prefixItems properties patternProperties dependentSchemas $defs definitions'
  ).split(' '),
);
const NAMED = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);

/** What `integer` means for the column: BIGINT. */
const INTEGER = 'tenonInteger';

/** Counts where a schema is referred to. */
const STEP = 'tenonStep';

const TOO_COSTLY: ErrorObject = { keyword: STEP, instancePath: '', schemaPath: '', params: {} };

/**
 * The same schema, which takes only what BIGINT holds wherever it says `integer`, and whose steps are counted wherever it refers
 * to a schema.
 */
export function withOwnKeywords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withOwnKeywords);
  if (typeof schema !== 'object' || schema === null) return schema;
  const given = schema as Readonly<Record<string, unknown>>;
  const exact: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(given)) {
    if (NAMED.has(keyword) && typeof value === 'object' && value !== null) {
      exact[keyword] = Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, withOwnKeywords(one)]),
      );
    } else {
      exact[keyword] = SUBSCHEMAS.has(keyword) ? withOwnKeywords(value) : value;
    }
  }
  const types = [given['type']].flat();
  if (types.includes('integer') && !types.includes('number')) exact[INTEGER] = true;
  if (Object.hasOwn(given, '$ref') || Object.hasOwn(given, '$dynamicRef')) exact[STEP] = true;
  return exact;
}
