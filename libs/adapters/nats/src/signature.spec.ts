import type { Msg } from '@nats-io/transport-node';
import { encodeHeaders } from './codec';
import { Signatures } from './signature';

const SECRET = 'a secret of the deployment';
let now = 1_700_000_000_000;
const ours = new Signatures(SECRET, () => now);

function messageOf(subject: string, payload: string, headers = ours.headersFor(subject, payload)) {
  return {
    subject,
    data: new TextEncoder().encode(payload),
    headers: encodeHeaders(headers),
  } as unknown as Msg;
}

test('what is signed with the secret is heard, on a clock that differs a little too', () => {
  const message = messageOf('tenon.cut.ask', '{"v":1,"näme":"✓"}');
  expect(ours.problemOf(message)).toBeNull();
  now += 50_000;
  expect(ours.problemOf(message)).toBeNull();
});

test.each([
  ['without a signature', messageOf('tenon.run', '{}', {}), 'not signed'],
  [
    'with another secret',
    messageOf('tenon.run', '{}', new Signatures('another secret', () => now).headersFor('tenon.run', '{}')),
    'another secret',
  ],
  ['for another subject', messageOf('tenon.run', '{}', ours.headersFor('tenon.cut', '{}')), 'another secret'],
  ['of another payload', messageOf('tenon.run', '{}', ours.headersFor('tenon.run', '{ }')), 'another secret'],
  [
    'whose time was changed',
    messageOf('tenon.run', '{}', { ...ours.headersFor('tenon.run', '{}'), 'tenon-at': String(now + 1) }),
    'another secret',
  ],
  ['that is no base64', messageOf('tenon.run', '{}', { 'tenon-at': '1', 'tenon-signature': '§' }), 'sign'],
])('a message %s is not', (_what, message, problem) => {
  expect(ours.problemOf(message)).toContain(problem);
});

test('one that is older than a minute is not, nor one of a clock that is a minute ahead', () => {
  const message = messageOf('tenon.run', '{}');
  now += 60_001;
  expect(ours.problemOf(message)).toContain('a minute');
  now -= 120_002;
  expect(ours.problemOf(message)).toContain('a minute');
});
