import type { Post } from '../testing/ingestion-fixture';
import { envelope, start } from '../testing/ingestion-fixture';
import { STRUCTURED, TOPIC, TRACEPARENT, cloudEvent, event, only } from '../testing/orders';
import { isJsonType } from './cloudevents';

describe('a CloudEvent', () => {
  const structured = (attributes: object = {}, data?: unknown): Post => ({
    type: STRUCTURED,
    body: cloudEvent(attributes, data),
  });

  it('keeps its attributes, its extensions and its correlation ID, which the answer then carries', async () => {
    const fixture = await start();
    const attributes = {
      time: '2002-01-01T00:00:00Z',
      subject: 's',
      tenant: 'a',
      priority: 3,
      correlationid: 'c-9',
      traceparent: TRACEPARENT,
    };
    const answer = await fixture.post(structured({ ...attributes, eventtime: 'mine', nothing: null }));
    expect(answer.headers).toMatchObject({ 'x-correlation-id': 'c-9' });
    expect(answer.body.correlationId).toBe('c-9');
    const { eventtime, ...others } = envelope(only(fixture));
    expect(others).toEqual(cloudEvent(attributes));
    expect(eventtime).toBe('2002-01-01T00:00:00Z');
  });

  it('has the time of its data before the time of the envelope', async () => {
    const fixture = await start();
    const time = '2002-01-01T00:00:00Z';
    await fixture.post(structured({ time }, event({ at: '2003-01-01T00:00:00Z' })));
    expect(envelope(only(fixture)).eventtime).toBe('2003-01-01T00:00:00Z');
  });

  it('can hold its data as base64', async () => {
    const fixture = await start();
    const data_base64 = Buffer.from(JSON.stringify(event())).toString('base64');
    expect((await fixture.post(structured({ data: undefined, data_base64 }))).status).toBe(202);
    expect(envelope(only(fixture)).data).toEqual(event());
  });

  it.each([
    ['no id', { id: undefined }, '/id'],
    ['an empty source', { source: '' }, '/source'],
    ['a type that is no text', { type: 5 }, '/type'],
    ['another version', { specversion: '0.3' }, '/specversion'],
    ['a bad time', { time: 'yesterday' }, '/time'],
    ['a correlation ID that fits no header', { correlationid: 'ä' }, '/correlationid'],
    ['data that is not JSON', { datacontenttype: 'text/plain' }, '/datacontenttype'],
    ['a bad name', { 'Bad-Name': 'x' }, '/Bad-Name'],
    ['an object as extension', { ext: {} }, '/ext'],
    ['a control character', { subject: 'a\nb' }, '/subject'],
    ['no data', { data: undefined }, '/data'],
    ['data of another shape', { data: { count: 'x' } }, '/data/customer'],
    ['both kinds of data', { data_base64: 'e30=' }, '/data'],
    ['bad base64', { data: undefined, data_base64: '%' }, '/data_base64'],
  ])('is refused with 422 and a pointer for %s', async (_what, attributes, pointer) => {
    const fixture = await start();
    const answer = await fixture.post(structured(attributes));
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect(fixture.log.all(TOPIC)).toEqual([]);
  });

  it('in binary mode has its attributes in percent-encoded headers', async () => {
    const fixture = await start();
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'caf%C3%A9',
      'ce-source': '/shop',
      'ce-type': '"or\\"der"',
      'ce-tenant': 'a%20b',
    };
    const answer = await fixture.post({ body: event(), headers });
    expect(answer.status).toBe(202);
    expect(envelope(only(fixture))).toMatchObject({
      id: 'café',
      type: 'or"der',
      tenant: 'a b',
      data: event(),
    });
  });

  it.each([
    ['a bad percent-encoding', { 'ce-id': '%E0%A4%A' }],
    ['bytes beyond ASCII', { 'ce-id': 'caf\u00e9' }],
    ['ce-datacontenttype', { 'ce-datacontenttype': 'application/json' }],
    ['no id', { 'ce-id': '' }],
    ['another version', { 'ce-specversion': '2.0' }],
  ])('in binary mode is refused with 400 for %s', async (_what, wrong) => {
    const fixture = await start();
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/shop',
      'ce-type': 'order',
      ...wrong,
    };
    const answer = await fixture.post({ body: event(), headers });
    expect([answer.status, answer.body.code]).toEqual([400, 'bad-cloudevent']);
  });

  it('in binary mode is not made of half its attributes', async () => {
    const fixture = await start();
    expect((await fixture.post({ body: event(), headers: { 'ce-tenant': 'a' } })).status).toBe(400);
  });
});

it('knows JSON types', () => {
  expect(['application/json', 'application/vnd.x+json; a=b', 'text/plain', ''].map(isJsonType)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
