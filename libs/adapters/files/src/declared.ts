/** What a source's schema says of its fields: text in a file becomes the JSON that the schema asks for. */

export interface DeclaredField {
  /** JSON types; empty: any. */
  readonly types: readonly string[];
  readonly format: string | undefined;
}

/** Field name → what is declared of it; null where no schema is known. */
export type Declared = ReadonlyMap<string, DeclaredField> | null;

/** @param fields the schema's properties, with references followed; undefined where no schema is known */
export function declaredFields(fields: ReadonlyMap<string, unknown> | undefined): Declared {
  if (fields === undefined) return null;
  return new Map([...fields].map(([name, field]) => [name, declaredField(field)]));
}

interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly FieldSchema[];
  readonly oneOf?: readonly FieldSchema[];
}

/** What the field or any of its alternatives allows. */
function declaredField(field: unknown): DeclaredField {
  const own = (typeof field === 'object' && field !== null ? field : {}) as FieldSchema;
  const all = [own, ...(own.anyOf ?? own.oneOf ?? [])];
  const values = [...(own.enum ?? []), ...('const' in own ? [own.const] : [])];
  const types = all.flatMap(({ type = [] }) => type);
  return {
    types:
      types.length > 0
        ? types
        : [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))],
    format: all.find((one) => one.format !== undefined)?.format,
  };
}

/** A JSON number, which neither loses digits nor leading zeros when it is taken as one. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const BOOLEANS: Readonly<Record<string, string>> = { true: 'true', false: 'false', t: 'true', f: 'false' };

/**
 * The JSON text of a CSV field. What does not look like the declared type is sent as a text, and refused by the server
 * with the row's number.
 */
export function jsonOfText(text: string, field: DeclaredField | undefined): string {
  const types = field?.types ?? [];
  const may = (type: string) => types.length === 0 || types.includes(type);
  const trimmed = text.trim();
  if ((may('number') || may('integer')) && NUMBER.test(trimmed)) return trimmed;
  if (
    may('boolean') &&
    Object.hasOwn(BOOLEANS, trimmed.toLowerCase()) &&
    (field !== undefined || trimmed.length > 1)
  ) {
    return BOOLEANS[trimmed.toLowerCase()]!;
  }
  if ((types.includes('object') || types.includes('array')) && /^[[{]/.test(trimmed) && isJson(trimmed))
    return trimmed;
  return JSON.stringify(field?.format === 'date-time' || field === undefined ? toRfc3339(text) : text);
}

/** The JSON text of an empty field; null: leave the field out. */
export function jsonOfNull(field: DeclaredField | undefined): string | null {
  return field?.types.includes('null') ? 'null' : null;
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;

/** `2001-01-01 00:01`, `2001-01-01 00:01:00+02`: as RFC 3339; no offset is UTC. Anything else stays as it is. */
export function toRfc3339(text: string): string {
  const [, date, time, second = ':00', zone = 'Z'] = TIMESTAMP.exec(text.trim()) ?? [];
  if (date === undefined) return text;
  return `${date}T${time}${second}${offset(zone)}`;
}

function offset(zone: string): string {
  if (/^(z|utc)$/i.test(zone)) return 'Z';
  const [, hours, minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return `${hours}:${minutes}`;
}

/** Whether a text is JSON as a whole. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
