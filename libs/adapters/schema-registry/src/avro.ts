/** Avro's binary form by the schema that it was written with, as JSON: unions are their values, bytes are base64, logical types what they mean. */
import type { Schema } from 'avsc';
import { Type, types } from 'avsc';
import { ExactNumber, dateText, decimalOf, jsonText, timeText, timestampText } from './json-text';
import type { RegisteredSchema } from './registry';

/** 64 bits, to the last digit. */
const long = types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

type Integer = bigint | number;

/** However it is written: by its name alone, or with what Connect says of it. */
function ofLongs(schema: Schema): Type | undefined {
  const { type, logicalType } = Object(schema) as { type?: unknown; logicalType?: unknown };
  return schema === 'long' || (type === 'long' && logicalType === undefined) ? long : undefined;
}

/** A logical type that is read only. */
function reading(read: (value: never, attributes: Record<string, unknown>) => unknown) {
  return class extends types.LogicalType {
    private readonly attributes: Record<string, unknown>;

    constructor(attributes: Schema, options?: unknown) {
      super(attributes, options as never);
      this.attributes = attributes as unknown as Record<string, unknown>;
    }

    protected override _fromValue(value: unknown): unknown {
      return read(value as never, this.attributes);
    }

    protected override _toValue(): unknown {
      return undefined;
    }

    protected override _resolve(): undefined {
      return undefined;
    }
  };
}

function decimal(bytes: Uint8Array, { scale = 0 }: Record<string, unknown>) {
  let unscaled = 0n;
  for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte);
  if (bytes.length > 0 && (bytes[0] as number) >= 0x80) unscaled -= 1n << BigInt(8 * bytes.length);
  return decimalOf(unscaled, Number(scale));
}

const logicalTypes = {
  decimal: reading(decimal),
  date: reading((days: number) => dateText(days)),
  'time-millis': reading((millis: Integer) => timeText(BigInt(millis) * 1000n)),
  'time-micros': reading((micros: Integer) => timeText(BigInt(micros))),
  'timestamp-millis': reading((millis: Integer) => timestampText(BigInt(millis) * 1000n)),
  'timestamp-micros': reading((micros: Integer) => timestampText(BigInt(micros))),
  'local-timestamp-millis': reading((millis: Integer) => timestampText(BigInt(millis) * 1000n, '')),
  'local-timestamp-micros': reading((micros: Integer) => timestampText(BigInt(micros), '')),
};

/** @throws for a schema that is none */
export function avroReader({ text, references }: RegisteredSchema): (bytes: Buffer) => string {
  const registry: Record<string, Type> = {};
  const options = { registry, logicalTypes, typeHook: ofLongs as never };
  const parse = (schema: string) => Type.forSchema(JSON.parse(schema) as Schema, options);
  for (const reference of references) parse(reference.text);
  const type = parse(text);
  return (bytes) => jsonText(unwrapped(type.fromBuffer(bytes)));
}

interface Branch {
  unwrap(): unknown;
}

const isBranch = (value: object): value is Branch => typeof (value as Partial<Branch>).unwrap === 'function';

/** Where a union's branches look alike in JavaScript the library names the branch. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (isBranch(value)) return unwrapped(value.unwrap());
  if (Array.isArray(value)) return value.map(unwrapped);
  if (value instanceof ExactNumber) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unwrapped(member)]));
}
