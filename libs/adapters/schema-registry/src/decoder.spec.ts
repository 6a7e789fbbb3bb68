import { Type } from 'avsc';
import { Root, common, parse } from 'protobufjs';
import type { TestRegistry } from '@tenon/testing';
import { framed, startSchemaRegistry } from '@tenon/testing';
import type { Decode } from './decoder';
import { createRegistryDecoder } from './decoder';

let registry: TestRegistry;
let decode: Decode;

beforeEach(async () => {
  registry = await startSchemaRegistry('me:secret');
  decode = createRegistryDecoder({ url: `${registry.url}/`, username: 'me', password: 'secret' });
});
afterEach(() => registry.close());

/** @returns the JSON text, or the code */
async function read(value: Uint8Array): Promise<string> {
  const decoded = await decode(value);
  return 'json' in decoded ? Buffer.from(decoded.json).toString() : decoded.code;
}

test('Avro by the bytes: integers of 64 bits, unions, bytes, and logical types as what they mean', async () => {
  const field = (name: string, type: unknown) => ({ name, type });
  const id = registry.add('orders-value', {
    schema: JSON.stringify({
      ...{ type: 'record', name: 'Order' },
      fields: [
        field('id', 'long'),
        field('other', { type: 'long', 'connect.name': 'id' }),
        field('note', ['null', 'string']),
        field('price', { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 }),
        field('tax', [
          'null',
          { type: 'fixed', name: 'T', size: 2, logicalType: 'decimal', precision: 4, scale: 3 },
        ]),
        field('at', { type: 'long', logicalType: 'timestamp-micros' }),
        field('before', { type: 'long', logicalType: 'timestamp-millis' }),
        field('day', { type: 'int', logicalType: 'date' }),
        field('time', { type: 'int', logicalType: 'time-millis' }),
        field('raw', 'bytes'),
        field('kind', { type: 'enum', name: 'K', symbols: ['A', 'B'] }),
        field('either', ['int', 'long', 'double']),
        field('tags', { type: 'array', items: 'string' }),
        field('more', { type: 'map', values: 'boolean' }),
      ],
    }),
  });
  // Written by hand from the specification.
  const long = (value: bigint) => {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    do {
      const more = rest >> 7n;
      bytes.push(Number(rest & 0x7fn) | (more > 0n ? 0x80 : 0));
      rest = more;
    } while (rest > 0n);
    return bytes;
  };
  const text = (value: string) => [...long(BigInt(value.length)), ...Buffer.from(value)];
  const bytes = Buffer.from(
    [
      long(9_007_199_254_740_993n),
      long(-9_007_199_254_740_993n),
      [...long(1n), ...text('hello')],
      [...long(2n), 0xfb, 0x2e],
      [...long(1n), 0x00, 0x07],
      long(1_600_000_000_000_001n),
      long(-1n),
      long(-1n),
      long(3_600_001n),
      [...long(2n), 0, 255],
      long(1n),
      [...long(1n), ...long(-5_000_000_000n)],
      [...long(2n), ...text('x'), ...text('"y'), ...long(0n)],
      [...long(1n), ...text('on'), 1, ...long(0n)],
    ].flat(),
  );
  expect(await read(framed(id, bytes))).toBe(
    '{"id":9007199254740993,"other":-9007199254740993,"note":"hello","price":-12.34,"tax":0.007,"at":"2020-09-13T12:26:40.000001Z",' +
      '"before":"1969-12-31T23:59:59.999Z","day":"1969-12-31","time":"01:00:00.001","raw":"AP8=","kind":"B",' +
      '"either":-5000000000,"tags":["x","\\"y"],"more":{"on":true}}',
  );
  await read(framed(id, bytes));
  // Once for all values.
  expect(registry.asked).toEqual([`/schemas/ids/${id}`]);
});

test('Avro by a schema that names others', async () => {
  registry.add('place', {
    schema: JSON.stringify({ type: 'record', name: 'geo.Place', fields: [{ name: 'city', type: 'string' }] }),
  });
  const id = registry.add('orders-value', {
    schema: JSON.stringify({
      type: 'record',
      name: 'Order',
      fields: [{ name: 'to', type: ['null', 'geo.Place'] }],
    }),
    references: [{ name: 'geo.Place', subject: 'place', version: 1 }],
  });
  expect(await read(framed(id, Buffer.from([2, 4, ...Buffer.from('Rø')].slice(0, 5))))).toBe('not-decodable');
  expect(await read(framed(id, Buffer.from([2, 6, ...Buffer.from('Rø')])))).toBe('{"to":{"city":"Rø"}}');
  expect(await read(framed(id, Buffer.from([0])))).toBe('{"to":null}');
});

test('Protobuf: whichever message of the file, imports, presence, and what is well known', async () => {
  const money = `syntax = "proto3"; package shop; message Money { int64 units = 1; string currency = 2; }`;
  const text = `syntax = "proto3"; package shop;
    import "money.proto"; import "google/protobuf/timestamp.proto";
    message Other { string x = 1; }
    message Order {
      message Line { uint64 item_id = 1; bytes raw = 2; }
      enum Kind { NEW = 0; USED = 1; }
      int64 id = 1; Money price = 2; repeated Line lines = 3; Kind kind = 4; optional string note = 5;
      map<string, int32> counts = 6; google.protobuf.Timestamp at = 7; double weight = 8; Money tip = 9;
    }`;
  registry.add('money', { schema: money, schemaType: 'PROTOBUF' });
  const references = [{ name: 'money.proto', subject: 'money', version: 1 }];
  const id = registry.add('orders-value', { schema: text, schemaType: 'PROTOBUF', references });
  const root = new Root();
  for (const one of [money, text]) parse(one, root, { keepCase: true });
  root.addJSON(common.get('google/protobuf/timestamp.proto')?.nested ?? {});
  const type = root.lookupType('shop.Order');
  const bytes = type
    .encode(
      type.fromObject({
        id: '9007199254740993',
        price: { units: '12', currency: 'EUR' },
        lines: [{ item_id: '18446744073709551615', raw: 'AP8=' }, {}],
        kind: 'USED',
        counts: { a: 1 },
        at: { seconds: '1600000000', nanos: 1_000 },
      }),
    )
    .finish();
  // The second message of the file; the first of all is a single 0.
  expect(await read(framed(id, Buffer.concat([Buffer.from([2, 2]), bytes])))).toBe(
    '{"id":9007199254740993,"price":{"units":12,"currency":"EUR"},"lines":[{"item_id":18446744073709551615,"raw":"AP8="},' +
      '{"item_id":0,"raw":""}],"kind":"USED","counts":{"a":1},"at":"2020-09-13T12:26:40.000001Z","weight":0}',
  );
  expect(await read(framed(id, Buffer.from([0, 0x0a, 1, 0x79])))).toBe('{"x":"y"}');
  // A message within the second one.
  expect(await read(framed(id, Buffer.from([4, 2, 0, 0x08, 7])))).toBe('{"item_id":7,"raw":""}');
  expect(await read(framed(id, Buffer.from([2, 8])))).toBe('not-decodable');
});

test('JSON Schema: what is behind the frame, as it is', async () => {
  const id = registry.add('orders-value', { schema: '{}', schemaType: 'JSON' });
  expect(await read(framed(id, Buffer.from('{"a": 1.10}')))).toBe('{"a": 1.10}');
});

test('what is no frame, of no schema, or not of its schema has a code; NaN is no number of JSON', async () => {
  const id = registry.add('v', { schema: '"double"' });
  const bad = registry.add('w', { schema: '{"type":"none"}' });
  expect(await read(Buffer.from('{"a":1}'))).toBe('not-framed');
  expect(await read(framed(99, Buffer.from([0])))).toBe('schema-unknown');
  expect(await read(framed(id, Buffer.from([0])))).toBe('not-decodable');
  expect(await read(framed(bad, Buffer.from([0])))).toBe('not-decodable');
  expect(await read(framed(id, Type.forSchema('double').toBuffer(NaN)))).toBe('not-decodable');
  // What is not there yet is asked for again.
  const late = registry.add('x', { schema: '"string"' });
  expect(late).toBe(3);
  expect(await read(framed(late, Buffer.from([2, 0x61])))).toBe('"a"');
});

test.each([500, 401])('a registry that answers %i is waited for, and asked again', async (status) => {
  const id = registry.add('v', { schema: '"string"' });
  registry.fails = status;
  await expect(decode(framed(id, Buffer.from([0])))).rejects.toMatchObject({ code: 'unavailable' });
  registry.fails = null;
  expect(await read(framed(id, Buffer.from([0])))).toBe('""');
});
