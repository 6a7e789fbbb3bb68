import { parseExactly } from './exact-integers';
import { FieldPath } from './field-path';

const schema = {
  type: 'object',
  properties: { customer: { type: 'object' }, 'dotted.name': { type: 'string' } },
};
const at = (name: string) => FieldPath.of(name, schema);
type Data = Record<string, unknown>;

describe('a field of data', () => {
  it.each([
    ['customer.id', { customer: { id: 7 } }, '7'],
    ['customer.id', { customer: { id: null } }, null],
    ['customer.id', { customer: null }, null],
    ['customer.id', { customer: 'text' }, null],
    ['customer.id', { customer: [] }, null],
    ['customer.id', {}, null],
    // What a client makes up beside the schema is not the path.
    ['customer.id', { 'customer.id': 'x', customer: { id: 'y' } }, 'y'],
    ['dotted.name', { 'dotted.name': 'x', dotted: { name: 'y' } }, 'x'],
    ['customer.valueOf', { customer: {} }, null],
    ['valueOf', {}, null],
    ['a.b.c', { a: { b: { c: { d: [1] } } } }, '{"d":[1]}'],
  ])('%s of %j is %s', (name, data, text) => expect(at(name).textIn(data as Data)).toBe(text));

  it('has its pointer', () => {
    expect(at('customer.i/d').pointer).toBe('/customer/i~1d');
    expect(at('dotted.name').pointer).toBe('/dotted.name');
  });

  it('keeps the digits of large integers', () => {
    const data = parseExactly('{"customer":{"id":9007199254740993}}') as Data;
    expect(at('customer.id').textIn(data)).toBe('9007199254740993');
  });
});
