import { bodyKind } from './media-type';

it.each([
  ['application/json', 'json'],
  ['Application/JSON ; Charset=UTF-8', 'json'],
  ['application/cloudevents+json; charset=utf8', 'cloudevent'],
  ['application/cloudevents-batch+json', 'cloudevents'],
  ['application/x-ndjson', 'ndjson'],
])('Content-Type %s is %s', (type, kind) => {
  expect(bodyKind(type)).toBe(kind);
});

it.each([
  '',
  'application/jsonx',
  'application/cloudevents-batch',
  'constructor',
  'text/json',
  'multipart/form-data',
])('Content-Type %j is refused', (type) => {
  expect(() => bodyKind(type)).toThrow(expect.objectContaining({ status: 415 }));
});
