import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { barrierOf, cutOf } from '../records';
import type { PointerDocument } from '../store';
import { pointerOf } from '../store';
import { decodeReceipt } from '../receipt';
import { Edition2Reader } from '../frames/edition-2';
import { isUnreadable, readFrame } from '../frames/read-frame';
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
const addressesOf = (names: Readonly<Record<string, string | ((name: string) => string)>>) =>
  Object.entries(names).map(([name, one]) => {
    if (typeof one === 'string') return one;
    if (['events', 'deadLetters', 'settledLetters', 'feedPositions'].includes(name)) return one('{source}');
    return name.endsWith('OfEdition2') ? one('{product}') : one('{product}@1').replace(/1$/, '{version}');
  });

describe('the registry of the wire', () => {
  const named = messages.flatMap(([, { on }]) =>
    'topic' in on ? [on.topic] : 'subject' in on ? on.subject.split(', ') : [],
  );

  test('has every topic and every subject, and no other', () => {
    const addresses = [...addressesOf(TOPICS), ...addressesOf(SUBJECTS)].filter((one) => !one.endsWith('>'));
    expect([...new Set(named)].sort()).toEqual([...new Set(addresses)].sort());
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
    const form = edition < WIRE_VERSION && before !== undefined ? before : { schema, headers };
    for (const golden of read(name)) {
      expect(form.schema.safeParse(valueOf(name, golden)).error).toBeUndefined();
      if (form.headers === undefined) expect(golden.headers ?? {}).toEqual({});
      else expect(form.headers.safeParse(golden.headers).error).toBeUndefined();
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
    const hints = read('live-hint').map(json);
    expect(hints.map(readLiveHint)).toEqual(hints.map((one) => (one as { cells: unknown }).cells));
    const replies = read('generations-reply').map(json);
    expect(replies.map((one) => readGenerationsReply(one, ['sales']))).toEqual([{ sales: 1 }]);
    const pointers = read('pointer').map((one) => pointerOf(json(one) as PointerDocument, 'orders'));
    expect(pointers).toMatchObject([{ cut: { 'orders/0': 5 }, epochs: { 'orders/0': 1 } }]);
    expect(read('receipt').map(({ value }) => decodeReceipt(value))).toEqual([{ orders: { 0: 1 } }]);
  });

  const isOld = edition < WIRE_VERSION;

  test('of the layers are read, by their kind', () => {
    const edition2 = new Edition2Reader('orders', ['TIMESTAMP', 'VARCHAR']);
    const cells = (name: string) =>
      read(name).map((one) => {
        const found = isOld ? edition2.read(bytes(one)) : readFrame(bytes(one));
        if (isUnreadable(found)) throw new Error(found.reason);
        return ('frame' in found ? found.frame : found).cells.length;
      });
    expect(cells('flush')).toEqual([3, 1]);
    expect(isOld ? cells('range') : [...cells('slice'), ...cells('commit')]).toEqual(
      isOld ? [2, 1, 0] : [1, 1, 1, 0],
    );
  });

  test('to replay are of the edition that they are meant for', () => {
    const lane = { source: 'orders', partition: 0 };
    expect(read('replay-hint').map((one) => readReplayHint(json(one)))).toEqual([isOld ? undefined : lane]);
  });
});

/** What the schema is of. */
function valueOf(name: MessageName, { value }: Golden): unknown {
  if (name === 'identity' || name.startsWith('dead-letter')) return value;
  if (name === 'receipt') return JSON.parse(Buffer.from(value, 'base64url').toString());
  if (!value.startsWith('T3 ')) return JSON.parse(value) as unknown;
  const read = readFrame(Buffer.from(value));
  return isUnreadable(read) ? read : read.message;
}
