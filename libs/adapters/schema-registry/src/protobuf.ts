/** Protobuf's binary form by its schema, as JSON: fields by the names of the schema, enums by name, bytes as base64, 64 bits to the last digit. */
import { Enum, MapField, Root, Type, common, parse } from 'protobufjs';
import type { Field, IParserResult, Message, Namespace } from 'protobufjs';
import { jsonText, timestampText } from './json-text';
import type { RegisteredSchema } from './registry';

type Fields = Readonly<Record<string, unknown>>;

/** @throws for a schema that is none */
export function protobufReader({ text, references }: RegisteredSchema): (bytes: Buffer) => string {
  const root = new Root();
  for (const reference of references) add(reference.text, root);
  const { package: name } = add(text, root);
  root.resolveAll();
  const file = name === undefined || name === null ? root : (root.lookup(name) as Namespace);
  const own = ownTypes(text, file);
  return (bytes) => {
    const { path, at } = readPath(bytes);
    const type = typeAt(own, path);
    if (type === undefined) throw new Error(`the schema has no message ${path.join('.')}`);
    return jsonText(messageOf(type, type.decode(bytes.subarray(at)) as Message & Fields));
  };
}

function add(text: string, root: Root): IParserResult {
  const parsed = parse(text, root, { keepCase: true });
  // What is well known is nobody's schema.
  for (const file of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) {
    const known = common.get(file);
    if (known?.nested !== undefined) root.addJSON(known.nested);
  }
  return parsed;
}

/** The file's own messages in their order: others of its package may stand beside them. */
function ownTypes(text: string, file: Namespace): readonly Type[] {
  const alone = new Root();
  const { package: name } = parse(text, alone, { keepCase: true });
  const within = name === undefined || name === null ? alone : (alone.lookup(name) as Namespace);
  return typesOf(within).map((type) => file.get(type.name) as Type);
}

const typesOf = (namespace: Namespace): Type[] =>
  namespace.nestedArray.filter((one): one is Type => one instanceof Type);

function typeAt(own: readonly Type[], [first = 0, ...rest]: readonly number[]): Type | undefined {
  return rest.reduce<Type | undefined>((type, index) => type && typesOf(type)[index], own[first]);
}

/** Which message it is, by its place in the file: zigzag numbers, how many and each; a single 0 for the first. */
function readPath(bytes: Buffer): { readonly path: readonly number[]; readonly at: number } {
  let at = 0;
  const next = (): number => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error('it ends within the place of its message');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
      shift += 7;
    }
  };
  const count = next();
  if (count < 0 || count > bytes.length) throw new Error('the place of its message is none');
  const path = Array.from({ length: count }, next);
  return { path: count === 0 ? [0] : path, at };
}

const TIMESTAMP = '.google.protobuf.Timestamp';
const WRAPPER = /^\.google\.protobuf\.(Double|Float|Int64|UInt64|Int32|UInt32|Bool|String|Bytes)Value$/;

function messageOf(type: Type, message: Fields): unknown {
  const plain = () =>
    Object.fromEntries(
      type.fieldsArray.flatMap((field) => {
        const value = valueOf(field, message);
        return value === undefined ? [] : [[field.name, value]];
      }),
    );
  if (type.fullName === TIMESTAMP) {
    const seconds = BigInt(String(message['seconds'] ?? 0));
    return timestampText(seconds * 1_000_000n + BigInt(Math.floor(Number(message['nanos'] ?? 0) / 1000)));
  }
  return WRAPPER.test(type.fullName) ? plain()['value'] : plain();
}

/** Undefined: it has none, and says so by that; a field without presence has its default. */
function valueOf(field: Field, message: Fields): unknown {
  field.resolve();
  const isSet = Object.hasOwn(message, field.name);
  const value = message[field.name];
  if (field instanceof MapField)
    return Object.fromEntries(
      Object.entries((value ?? {}) as Fields).map(([key, one]) => [key, single(field, one)]),
    );
  if (field.repeated) return ((value ?? []) as readonly unknown[]).map((one) => single(field, one));
  if (isSet && value !== null) return single(field, value);
  const isMessage = field.resolvedType instanceof Type;
  return isMessage || field.hasPresence ? undefined : single(field, field.typeDefault);
}

function single({ resolvedType }: Field, value: unknown): unknown {
  if (resolvedType instanceof Type) return messageOf(resolvedType, value as Fields);
  if (resolvedType instanceof Enum) return resolvedType.valuesById[Number(value)] ?? value;
  // Of 64 bits, as the library has them.
  if (typeof value === 'object' && value !== null && 'low' in value) return BigInt(String(value));
  return Array.isArray(value) ? Uint8Array.from(value as number[]) : value;
}
