import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { barrierOf, cutOf } from '../records';
import { decodeReceipt } from '../receipt';
import { parseStatesMessage } from '../frames';
import { SUBJECTS, TOPICS } from '../names';
import { readGenerationsReply, readLiveHint, readReplayHint } from '../hints';
import type { MessageName } from '../versions';
import { VERSIONS, WIRE_VERSION } from '../versions';
import type { Message } from './registry';
import { MESSAGES } from './registry';

/** As apps/e2e/src/wire writes them. */
interface Golden {
  readonly headers?: Readonly<Record<string, string>>;
  readonly value: string;
}

const GOLDEN = join(__dirname, '../../golden');
const messages = Object.entries(MESSAGES) as [MessageName, Message][];

/** Names with `{…}` for what differs. */
const addressesOf = (names: Readonly<Record<string, string | ((name: string) => string)>>, of: string[]) =>
  Object.values(names).map((one, index) => (typeof one === 'string' ? one : one(of[index] ?? of[0] ?? '')));

describe('the registry of the wire', () => {
  const named = messages.flatMap(([, { on }]) =>
    'topic' in on ? [on.topic] : 'subject' in on ? on.subject.split(', ') : [],
  );

  test('has every topic and every subject, and no other', () => {
    const topics = addressesOf(TOPICS, ['{source}', '{source}', '{product}']);
    const subjects = addressesOf(SUBJECTS, ['{product}']);
    expect([...new Set(named)].sort()).toEqual([...new Set([...topics, ...subjects])].sort());
  });

  test('no message is written in a version that the same release does not read', () => {
    const unread = Object.values(VERSIONS).filter(
      ({ writes, reads }) => !(reads as readonly number[]).includes(writes),
    );
    expect(unread).toEqual([]);
  });

  test('a request has a reply', () => {
    const requests = messages.flatMap(([name]) => (name.endsWith('-request') ? [name] : []));
    expect(requests.filter((name) => !(name.replace('-request', '-reply') in MESSAGES))).toEqual([]);
  });
});

const editions = readdirSync(GOLDEN).map((name) => Number(name.slice(1)));

test('there are golden files of this edition and of every one before', () => {
  expect(editions.sort((a, b) => a - b)).toEqual(
    Array.from({ length: WIRE_VERSION }, (_, index) => index + 1),
  );
});

describe.each([WIRE_VERSION - 1, WIRE_VERSION])('golden messages of edition %i', (edition) => {
  const read = (name: string): readonly Golden[] => {
    const file = join(GOLDEN, `v${edition}`, `${name}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Golden[]) : [];
  };
  const json = ({ value }: Golden) => JSON.parse(value) as unknown;
  const bytes = ({ value }: Golden) => Buffer.from(value);

  test('are of messages that are known', () => {
    const names = readdirSync(join(GOLDEN, `v${edition}`)).map((file) => file.slice(0, -'.json'.length));
    expect(names.filter((name) => !(name in MESSAGES))).toEqual([]);
  });

  test.each(messages)('%s fits its schema', (name, { schema, headers, before }) => {
    const older = edition < WIRE_VERSION ? before : undefined;
    for (const golden of read(name)) {
      const value = valueOf(name, golden);
      const fits = schema.safeParse(value);
      if (older === undefined) expect(fits.error).toBeUndefined();
      else expect(fits.success || older.safeParse(value).success).toBe(true);
      if (headers === undefined) expect(golden.headers ?? {}).toEqual({});
      else expect((older ?? headers).safeParse(golden.headers).error).toBeUndefined();
    }
  });

  test('are read', () => {
    const record = (golden: Golden) => ({
      value: bytes(golden),
      header: (name: string) => golden.headers?.[name],
      headerBytes: () => undefined,
    });
    expect(read('barrier').map((one) => barrierOf(record(one)))).toEqual(read('barrier').map(json));
    expect(read('cut').map((one) => cutOf(record(one)))).toEqual(read('cut').map(json));
    for (const name of ['flush', 'range'])
      expect(read(name).map((one) => parseStatesMessage(bytes(one)))).toEqual(read(name).map(json));
    const hints = read('live-hint').map(json);
    expect(hints.map(readLiveHint)).toEqual(hints.map((one) => (one as { cells: unknown }).cells));
    expect(read('replay-hint').map((one) => readReplayHint(json(one)))).toEqual([0]);
    expect(read('generations-reply').map((one) => readGenerationsReply(json(one)))).toEqual([{ sales: 1 }]);
    expect(read('receipt').map(({ value }) => decodeReceipt(value))).toEqual([{ orders: { 0: 1 } }]);
  });
});

/** What the schema is of. */
function valueOf(name: MessageName, { value }: Golden): unknown {
  if (name === 'identity' || name.startsWith('dead-letter')) return value;
  if (name === 'receipt') return JSON.parse(Buffer.from(value, 'base64url').toString());
  return JSON.parse(value) as unknown;
}
