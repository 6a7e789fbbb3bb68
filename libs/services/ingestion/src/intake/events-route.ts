/** `POST /v1/sources/:source/events`: by its Content-Type, one event, several, or a stream of them. */
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, HttpResponse, Route } from '@tenon/ports';
import { hasCloudEventHeaders, readBinary } from '../events/cloudevents';
import type { Attributes } from '../events/cloudevents';
import { Rejection } from '../events/rejection';
import type { Parsed } from '../events/text';
import { NOT_UTF8, decodeUtf8, parseJson } from '../events/text';
import { takeArray } from './array';
import type { Call } from './call';
import { callOf } from './call';
import type { BodyKind } from './media-type';
import { bodyKind } from './media-type';
import { takeStream } from './ndjson';
import { preparePlain, prepareStructured } from './prepare';
import { refuse, takeSingle } from './single';
import type { SourceDesk } from './source-desk';

export function eventsRoute(desks: ReadonlyMap<string, SourceDesk>): Route {
  return {
    method: 'POST',
    path: '/v1/sources/:source/events',
    hot: true,
    query: ['items'],
    handle: (request) => takeEvents(desks, request),
  };
}

async function takeEvents(
  desks: ReadonlyMap<string, SourceDesk>,
  request: HttpRequest,
): Promise<HttpResponse> {
  const name = request.params['source'] ?? '';
  const desk = desks.get(name);
  if (desk === undefined) {
    const asked = JSON.stringify(name.slice(0, 100));
    const known = [...desks.keys()].join(', ');
    throw new HttpProblem(404, 'unknown-source', `There is no source ${asked}. Sources: ${known}.`);
  }
  const { headers } = request;
  const kind = bodyKind(headers['content-type']);
  const call = callOf(request);
  const binary = kind === 'json' || kind === 'ndjson' ? hasCloudEventHeaders(headers) : false;
  if (kind === 'ndjson') {
    if (binary) throw new HttpProblem(400, 'bad-cloudevent', 'A stream of events can have no ce- headers.');
    return takeStream(desk, call, request);
  }
  const bytes = await request.readBody(desk.config.maxBodyBytes);
  const parsed = parse(bytes);
  if (parsed instanceof Rejection) return refuse(desk, call, parsed, bytes);
  if (binary) return takeBinary(desk, call, headers, parsed, bytes);
  return takeParsed(desk, call, kind, parsed, bytes);
}

function parse(bytes: Uint8Array): Parsed | Rejection {
  const text = decodeUtf8(bytes);
  return text === undefined ? NOT_UTF8 : parseJson(text);
}

function takeParsed(
  desk: SourceDesk,
  call: Call,
  kind: BodyKind,
  { value, escapes }: Parsed,
  bytes: Uint8Array,
): Promise<HttpResponse> {
  if (kind === 'cloudevents') {
    if (Array.isArray(value)) return takeArray(desk, call, value, escapes, prepareStructured);
    return refuse(
      desk,
      call,
      new Rejection(400, 'not-an-array', 'A CloudEvents batch must be a JSON array.'),
      bytes,
    );
  }
  if (kind === 'cloudevent') {
    return takeSingle(desk, call, prepareStructured(desk.rules, call, value, escapes, null), bytes);
  }
  if (Array.isArray(value)) return takeArray(desk, call, value, escapes, preparePlain);
  return takeSingle(desk, call, preparePlain(desk.rules, call, value, escapes, null), bytes);
}

/** CloudEvents in binary mode: the attributes are headers, the body is the data and nothing but the data. */
function takeBinary(
  desk: SourceDesk,
  call: Call,
  headers: Readonly<Record<string, string>>,
  { value, escapes }: Parsed,
  bytes: Uint8Array,
): Promise<HttpResponse> {
  const attributes: Attributes | Rejection = readBinary(headers);
  if (attributes instanceof Rejection) return refuse(desk, call, attributes, bytes);
  const outcome = desk.rules.prepare(call, { data: value, attributes, escapes, index: null });
  return takeSingle(desk, call, outcome, bytes, attributes.id);
}
