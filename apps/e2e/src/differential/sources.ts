/** Sources at random: fields of all kinds under awkward names, and how their schema changes as docs/catalog.md allows. */
import type { JsonSchema } from '@tenon/domain';
import type { Random } from '../exactness/random';
import type { DrawnValue, Kind } from './values';
import { KINDS, drawValue } from './values';

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly required: boolean;
  readonly nullable: boolean;
  /** The step of the world from which the schema has it; producers send it from the beginning. */
  readonly since: number;
  /** The kind that the schema says from the step on. */
  readonly widened: { readonly since: number; readonly kind: Kind } | null;
  readonly spelling: number;
}

export interface DrawnSource {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly key: readonly string[];
  /** The field that event time is read from; null: the CloudEvents `time`. */
  readonly time: string | null;
  readonly partitions: number;
}

/** One event, as text: what is sent, and what the oracle reads. */
export interface DrawnEvent {
  readonly id: string;
  readonly data: string;
  /** The CloudEvents `time`. */
  readonly time: string;
  readonly doubtful: boolean;
}

/** Names that a path, SQL, JavaScript, Parquet, a store or a URL could take for something else. */
const FIELD_NAMES = [
  ...[
    'p',
    'from',
    'to',
    'order',
    'select',
    'limit',
    'layer',
    'cursor',
    'after',
    'value',
    'key',
    'data',
    'id',
    'time',
    'n',
    'x',
    'Y',
  ],
  ...[
    'valueOf',
    'toString',
    'hasOwnProperty',
    'length',
    'filename',
    'file_row_number',
    'offset',
    'partition',
    'timestamp',
    'mark',
  ],
  ...[
    'k0',
    'a0',
    'f0',
    'm0',
    'c0',
    'window_start',
    'rowid',
    'a b',
    ' ',
    'a.b',
    'a/b',
    'a~b',
    '~1',
    'q"uote',
    "it's",
    '$oid',
    '$',
    'n=1',
  ],
  ...[
    'ü',
    'u\u0308',
    '日本',
    '😀',
    '0',
    '1e1',
    '-',
    '%',
    '_x',
    ';--',
    '[0]',
    'null',
    'true',
    'NaN',
    '\\',
    'tab\t',
    'sum',
    'count',
  ],
  'long'.repeat(60),
];

/** Widths that any producer of the first still fits, with the same meaning of each value. */
const WIDER: Readonly<Partial<Record<Kind, Kind>>> = {
  integer: 'double',
  decimal1: 'decimal2',
  decimal2: 'decimal6',
  date: 'text',
  moment: 'text',
};

const SCALARS: readonly Kind[] = [
  'integer',
  'double',
  'decimal1',
  'decimal2',
  'decimal6',
  'text',
  'boolean',
  'moment',
  'date',
];

export function drawSource(name: string, random: Random, steps: number): DrawnSource {
  const names = random.shuffle(FIELD_NAMES).slice(0, random.int(2, 8));
  const kinds = Object.keys(KINDS) as Kind[];
  const fields = distinct(names).map((field, index): Field => {
    const kind = random.chance(0.3) ? 'text' : random.pick(kinds);
    const since = index > 0 && random.chance(0.25) ? random.int(1, steps - 1) : 0;
    const wider = WIDER[kind];
    const widened =
      wider !== undefined && random.chance(0.25) ? { since: random.int(1, steps - 1), kind: wider } : null;
    const required = since === 0 && random.chance(0.3);
    return {
      name: field,
      kind,
      required,
      nullable: random.chance(0.4),
      since,
      widened,
      spelling: random.int(0, 3),
    };
  });
  const first = fields.filter(
    ({ since, kind, widened }) => since === 0 && widened === null && SCALARS.includes(kind),
  );
  const moments = first.filter(({ kind }) => kind === 'moment');
  return {
    name,
    fields,
    key: random.chance(0.6)
      ? random.shuffle(first.map((field) => field.name)).slice(0, random.int(1, 2))
      : [],
    time: moments.length > 0 && random.chance(0.5) ? (moments[0] as Field).name : null,
    partitions: random.int(1, 4),
  };
}

/** SQL does not tell case apart. */
const distinct = (names: readonly string[]) =>
  names.filter((name, index) => names.findIndex((one) => one.toLowerCase() === name.toLowerCase()) === index);

/** What the field is from this step on; null: it has no column yet. */
export function kindAt(field: Field, step: number): Kind | null {
  if (step < field.since) return null;
  return field.widened !== null && step >= field.widened.since ? field.widened.kind : field.kind;
}

/** The source's YAML (JSON is YAML). */
export function sourceYaml(source: DrawnSource, step: number): string {
  const declared = source.fields.filter((field) => kindAt(field, step) !== null);
  const schema = {
    type: 'object',
    required: declared.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(
      declared.map((field) => [field.name, schemaOf(field, kindAt(field, step) as Kind)]),
    ),
    $defs: Object.fromEntries(Object.entries(KINDS).map(([kind, { schema: one }]) => [kind, one])),
  };
  const { key, time, partitions } = source;
  return JSON.stringify({
    ...(key.length > 0 && { key }),
    ...(time !== null && { time }),
    partitions,
    schema,
  });
}

/** The same type, said in one of several ways. */
function schemaOf({ nullable, spelling }: Field, kind: Kind): JsonSchema {
  const { schema } = KINDS[kind];
  if (kind === 'json') return schema;
  const reference = { $ref: `#/$defs/${kind}` };
  if (!nullable) return spelling < 3 ? schema : reference;
  switch (spelling) {
    case 0:
      return { anyOf: [schema, { type: 'null' }] };
    case 1:
      return { oneOf: [{ type: 'null' }, reference] };
    default:
      return { ...(schema as object), type: [(schema as { type: string }).type, 'null'] };
  }
}

export function drawEvent(source: DrawnSource, number: number, random: Random): DrawnEvent {
  let doubtful = false;
  const parts = source.fields.flatMap((field) => {
    if (!field.required && random.chance(0.12)) return [];
    let value: DrawnValue = { json: 'null', doubtful: false };
    if (!((field.nullable || field.kind === 'json') && random.chance(0.15)))
      value = drawValue(field.kind, random, field.since === 0);
    doubtful ||= value.doubtful || (field.name === source.time && isFuture(value.json));
    doubtful ||= source.key.includes(field.name) && value.json.length > LONG_KEY;
    return [`${JSON.stringify(field.name)}:${value.json}`];
  });
  const time = new Date(
    Date.UTC(2024, 1, 28, random.int(0, 40), random.int(0, 59), random.int(0, 3)),
  ).toISOString();
  return {
    id: `e${String(number).padStart(5, '0')}`,
    data: `{${random.shuffle(parts).join(',')}}`,
    time,
    doubtful,
  };
}

/** Keys have a bound; texts below this one keep it. */
const LONG_KEY = 200;

const isFuture = (json: string) => json > '"2025';

/** As a CloudEvent. */
export const eventText = ({ id, data, time }: DrawnEvent): string =>
  `{"specversion":"1.0","id":"${id}","source":"/differential","type":"t","time":"${time}","data":${data}}`;
