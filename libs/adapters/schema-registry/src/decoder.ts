/**
 * Values in Confluent's wire format (a zero byte, the schema's id in four, and what was written with it) as JSON, whatever the schema
 * is written in. What stands there is judged later, as if it had come as JSON.
 */
import { avroReader } from './avro';
import { protobufReader } from './protobuf';
import type { RegisteredSchema, RegistryOptions } from './registry';
import { SchemaRegistry } from './registry';

export type { RegistryOptions } from './registry';

/** JSON, or why it is none. */
export type Decoded =
  | { readonly json: Uint8Array }
  | { readonly code: 'not-framed' | 'schema-unknown' | 'not-decodable'; readonly detail: string };

/** @throws Unavailable while the registry can't be asked for a schema that is not known yet */
export type Decode = (value: Uint8Array) => Promise<Decoded>;

const MAGIC = 0;
const PREFIX = 5;
/** Schemas of so many ids are kept at most. */
const KEPT = 10_000;

type Reader = (bytes: Buffer) => string;

export function createRegistryDecoder(options: RegistryOptions): Decode {
  const registry = new SchemaRegistry(options);
  const readers = new Map<number, Promise<Reader | string | null>>();

  const readerOf = (id: number): Promise<Reader | string | null> => {
    let reader = readers.get(id);
    if (reader === undefined) {
      reader = registry.byId(id).then((schema) => (schema === null ? null : makeReader(schema)));
      if (readers.size >= KEPT) readers.clear();
      readers.set(id, reader);
      // What can't be had now may be there later.
      reader.then(
        (found) => found === null && readers.delete(id),
        () => readers.delete(id),
      );
    }
    return reader;
  };

  return async (value) => {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (bytes.length < PREFIX || bytes[0] !== MAGIC) {
      const detail = 'The value does not begin with a zero byte and the id of a schema.';
      return { code: 'not-framed', detail };
    }
    const id = bytes.readInt32BE(1);
    const reader = await readerOf(id);
    if (reader === null) return { code: 'schema-unknown', detail: `The registry has no schema ${id}.` };
    if (typeof reader === 'string')
      return { code: 'not-decodable', detail: `The schema ${id} can't be used: ${reader}` };
    try {
      return { json: Buffer.from(reader(bytes.subarray(PREFIX))) };
    } catch (error) {
      const reason = (error as Error).message.slice(0, 500);
      return { code: 'not-decodable', detail: `The value is not of the schema ${id}: ${reason}` };
    }
  };
}

/** @returns why it can't be used */
function makeReader(schema: RegisteredSchema): Reader | string {
  try {
    if (schema.type === 'AVRO') return avroReader(schema);
    if (schema.type === 'PROTOBUF') return protobufReader(schema);
    return (bytes) => bytes.toString('utf8');
  } catch (error) {
    return (error as Error).message.slice(0, 500);
  }
}
