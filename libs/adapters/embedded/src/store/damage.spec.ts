import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProductStore } from '@tenon/ports';
import fc from 'fast-check';
import { open } from 'lmdb';
import { checkedText, documentOf } from './checked-text';
import { createLmdbProductStore } from './lmdb-store';

const KEY = 'sales@1/000000000000/a';

let directory: string;
let opened: ProductStore | null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-damage-'));
  opened = null;
});

afterEach(async () => {
  await opened?.close();
  rmSync(directory, { recursive: true, force: true });
});

const openStore = () => (opened = createLmdbProductStore({ directory }));

async function close(): Promise<void> {
  await opened?.close();
  opened = null;
}

const file = () => join(directory, 'data.mdb');

const read = (key: string) => openStore().snapshot((snapshot) => snapshot.get('base', key));

async function fill(documents: number): Promise<void> {
  await openStore().transact(async (tx) => {
    for (let i = 0; i < documents; i++) tx.put('base', `k${i}`, { text: 'x'.repeat(500), i });
  });
  await close();
}

/** Changes each place of the file that holds these bytes. */
function replaceInFile(was: string, is: string): void {
  const bytes = readFileSync(file());
  let at = bytes.indexOf(was);
  expect(at).toBeGreaterThan(0);
  for (; at >= 0; at = bytes.indexOf(was, at + 1)) bytes.write(is, at);
  writeFileSync(file(), bytes);
}

test('a digit that is another one in the file is an error that names table, key and product', async () => {
  await openStore().transact(async (tx) => tx.put('base', KEY, { total: 4711 }));
  await close();
  replaceInFile('"total":4711', '"total":4712');
  await expect(read(KEY)).rejects.toMatchObject({
    ...{ code: 'document-damaged', table: 'base', key: KEY, product: 'sales@1' },
    message: expect.stringContaining('its checksum is another one') as string,
  });
});

test('any byte of a document that is another one is found', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.nat(),
      fc.integer({ min: 0, max: 7 }).filter((bit) => bit !== 7),
      (value, where, bit) => {
        const json = JSON.stringify(value);
        const at = where % json.length;
        const code = json.charCodeAt(at) ^ (1 << bit);
        const flipped = json.slice(0, at) + String.fromCharCode(code) + json.slice(at + 1);
        const text = checkedText(json);
        expect(documentOf('base', KEY, text)).toEqual(JSON.parse(json));
        expect(() => documentOf('base', KEY, flipped + text.slice(json.length))).toThrow(/checksum/);
      },
    ),
  );
});

test('a document of a release that wrote no checksum is read', async () => {
  const root = open<string, string>({ path: directory, encoding: 'string' });
  await root.openDB<string, string>({ name: 'base', encoding: 'string' }).put(KEY, '{"total":4711}');
  await root.close();
  expect(await read(KEY)).toEqual({ total: 4711 });
});

test.each([0.9, 0.5, 0.1])('a file that has %d of its length is an error at start', async (part) => {
  await fill(2000);
  truncateSync(file(), Math.floor(statSync(file()).size * part));
  expect(openStore).toThrow(expect.objectContaining({ code: 'store-damaged' }) as Error);
});

test('a file that is none of lmdb is an error at start', async () => {
  await fill(1);
  writeFileSync(file(), Buffer.alloc(8192, 1));
  expect(openStore).toThrow(expect.objectContaining({ code: 'store-damaged' }) as Error);
});

test('a file that is shorter than its last page’s number, and of which all that is needed is there, is opened', async () => {
  await fill(10);
  const bytes = readFileSync(file());
  // Both meta pages say that there is a page more.
  for (const page of [0, 4096]) bytes.writeBigUInt64LE(bytes.readBigUInt64LE(page + 144) + 1n, page + 144);
  writeFileSync(file(), bytes);
  expect(await read('k3')).toMatchObject({ i: 3 });
});
