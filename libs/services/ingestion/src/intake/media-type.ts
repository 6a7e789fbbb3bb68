/** Content-Type: what a body is, in UTF-8 or not at all. */
import { HttpProblem } from '@tenon/errors';

export type BodyKind = 'json' | 'cloudevent' | 'cloudevents' | 'ndjson';

const KINDS: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'application/cloudevents+json': 'cloudevent',
  'application/cloudevents-batch+json': 'cloudevents',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
};

const TAKEN =
  'application/json, application/cloudevents+json, application/cloudevents-batch+json, application/x-ndjson';

/** @throws HttpProblem 415 */
export function bodyKind(contentType: string | undefined): BodyKind {
  if (contentType === 'application/json') return 'json';
  if (contentType === undefined || contentType.trim() === '') {
    throw unsupported('missing-content-type', `The Content-Type is missing. This path takes ${TAKEN}.`);
  }
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) {
    throw unsupported(
      'unsupported-content-type',
      `${JSON.stringify(type.slice(0, 100))} is not taken here: ${TAKEN}.`,
    );
  }
  for (const parameter of parameters) {
    const match = /^charset\s*=\s*"?([^"]*)"?$/.exec(parameter);
    if (match !== null && match[1] !== 'utf-8' && match[1] !== 'utf8') {
      throw unsupported('unsupported-charset', 'Events are read as UTF-8 only.');
    }
  }
  return kind;
}

const unsupported = (code: string, detail: string) =>
  new HttpProblem(415, code, detail, {}, { 'accept-post': TAKEN });
