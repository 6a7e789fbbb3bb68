import { Refusal } from '@tenon/errors';
import type { WatchedFile, WatchedFolder } from '@tenon/ports';
import type { ManualClock } from '../testing/manual-clock';
import { manualClock } from '../testing/manual-clock';
import { FolderWatch } from './folder-watch';
import type { FileEntry } from './position-book';

const SETTLE = 1_000;

let texts: Map<string, string>;
let clock: ManualClock;
let known: Map<string, FileEntry>;
let watch: FolderWatch;
let printed: string[];

/** A digest is the text itself. */
const folder: WatchedFolder = {
  place: 'here',
  list: async () => [...texts].map(([name, text]) => fileOf(name, text)),
  print: async ({ name }, beginning) => {
    printed.push(name);
    const text = texts.get(name) ?? '';
    if (text === '?') throw new Refusal('file-unreadable', [{ code: 'file-unreadable', message: 'no' }]);
    const first = beginning === undefined || beginning > text.length ? null : text.slice(0, beginning);
    return { size: text.length, digest: text, beginning: first, isEnded: text.endsWith('\n') };
  },
  read: async function* () {},
};

const fileOf = (name: string, text: string): WatchedFile => ({
  ...{ name, size: text.length, modifiedMs: 0, state: text, rows: 'ndjson', mayGrow: true },
  ...(text === '!' && { problem: 'nobody may' }),
});

const entryOf = (text: string, done = true): FileEntry => ({
  ...{ base: text, size: text.length, digest: text, state: text, next: 2, done },
});

beforeEach(() => {
  [texts, known, printed] = [new Map(), new Map(), []];
  clock = manualClock();
  watch = new FolderWatch(folder, clock, SETTLE, () => known);
});

async function after(ms: number) {
  await clock.advance(ms);
  await watch.look();
  return watch.next();
}

it('reads a file once nobody has written to it for a while', async () => {
  texts.set('a', 'half');
  expect(await after(0)).toBeNull();
  texts.set('a', 'half and\n');
  expect(await after(SETTLE)).toBeNull();
  expect(printed).toEqual([]);
  const due = await after(SETTLE);
  expect(due).toMatchObject({ isWhole: true, entry: { base: 'half and\n', size: 9, next: 1, done: false } });
});

it('leaves a last line that is not ended until it has rested for long', async () => {
  texts.set('a', 'one\ntw');
  await after(0);
  const due = await after(SETTLE);
  expect(due).toMatchObject({ isWhole: false });
  watch.handle(due!.file, false);
  known.set('a', entryOf('one\ntw', false));
  expect(await after(SETTLE)).toBeNull();
  texts.set('a', 'one\ntwo\n');
  expect(await after(SETTLE)).toBeNull();
  expect(await after(SETTLE)).toMatchObject({ isWhole: true, entry: { base: 'one\ntw', size: 8 } });
});

it('takes such a line in the end', async () => {
  texts.set('a', 'one\ntwo');
  await after(0);
  const due = await after(SETTLE);
  watch.handle(due!.file, false);
  known.set('a', entryOf('one\ntwo', false));
  expect(await after(SETTLE * 5)).toBeNull();
  expect(await after(SETTLE * 5)).toMatchObject({ isWhole: true });
});

it('does not look into what was read before', async () => {
  texts.set('a', 'one\n');
  known.set('a', entryOf('one\n'));
  await after(0);
  expect(await after(SETTLE)).toBeNull();
  expect(printed).toEqual([]);
  expect(watch.left).toBe(0);
});

it('does not read a file again that was only touched', async () => {
  texts.set('a', 'one\n');
  known.set('a', { ...entryOf('one\n'), state: 'earlier' });
  await after(0);
  expect(await after(SETTLE)).toBeNull();
  expect(watch.troubles.size).toBe(0);
});

it.each(['other\n', 'on'])('tells of one that has become %j', async (text) => {
  texts.set('a', text);
  known.set('a', entryOf('one\n'));
  await after(0);
  expect(await after(SETTLE)).toBeNull();
  expect([...watch.troubles]).toEqual([['a', expect.stringContaining('[file-changed]')]]);
  texts.delete('a');
  await after(0);
  expect(watch.troubles.size).toBe(0);
});

it('reads on in one that grew', async () => {
  texts.set('a', 'one\ntwo\n');
  known.set('a', entryOf('one\n'));
  await after(0);
  expect(await after(SETTLE)).toMatchObject({
    entry: { base: 'one\n', digest: 'one\ntwo\n', next: 2, done: false },
  });
});

it('passes one that cannot be read, and tells of it', async () => {
  texts.set('a', '?');
  texts.set('b', 'one\n');
  await after(0);
  expect(await after(SETTLE)).toMatchObject({ file: { name: 'b' } });
  expect([...watch.troubles.values()]).toEqual(['a: no [file-unreadable]']);
});

it('names what nobody can look at, for as long as that is so', async () => {
  texts.set('a', '!');
  await after(0);
  expect(await after(SETTLE)).toBeNull();
  expect(printed).toEqual([]);
  expect([...watch.troubles.values()]).toEqual(["a can't be read: nobody may. [file-unreadable]"]);
  texts.set('a', 'one\n');
  await after(0);
  expect(await after(SETTLE)).toMatchObject({ file: { name: 'a' } });
  expect([...watch.troubles]).toEqual([]);
});
