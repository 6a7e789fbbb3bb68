import type { SourceDefinition } from '@tenon/domain';
import { exampleOf } from './example';

const NOW = '2024-03-01T10:00:00.000Z';
const example = (time: string | null, properties: object) =>
  exampleOf({ time, schema: { type: 'object', properties } } as unknown as SourceDefinition, NOW);

it.each([
  ['at', { at: { type: 'string' } }, { at: NOW }],
  ['at', { at: { type: 'integer' } }, { at: Date.parse(NOW) }],
  ['at', { at: { type: 'string', format: 'date' } }, { at: '2024-03-01' }],
  ['meta.at', { meta: { type: 'object', properties: { at: { type: 'string' } } } }, { meta: { at: NOW } }],
  [null, { at: { type: 'string' } }, { at: 'example' }],
])('an event whose time is %s has one that ingestion takes', (time, properties, expected) =>
  expect(example(time, properties)).toEqual(expected),
);
