import type { WatchedFile, WatchedFolder, WatchedRow } from '@tenon/ports';
import { Lane } from './lane';
import { OffsetSet } from './offset-set';
import { OpenFile } from './open-file';
import type { FileEntry } from './position-book';

const ROWS: readonly WatchedRow[] = [
  { number: 1, text: '{}' },
  { number: 2, text: '"mul', isOpen: true, problem: { code: 'csv-row', detail: 'open' } },
];

function open(given: { isWhole: boolean; isLongRested?: boolean; mayGrow?: boolean }) {
  const file = { name: 'a.csv', mayGrow: given.mayGrow ?? true } as WatchedFile;
  const folder = {
    read: async function* () {
      yield ROWS;
    },
  } as unknown as WatchedFolder;
  const lane = new Lane('a', 1, new OffsetSet());
  return new OpenFile(folder, file, {} as FileEntry, lane, given.isWhole, given.isLongRested);
}

it.each([
  { of: 'within quotes after a whole line', isWhole: true, isLongRested: false, taken: [1], whole: false },
  { of: 'within quotes for long', isWhole: true, isLongRested: true, taken: [1, 2], whole: true },
  { of: 'within a line', isWhole: false, isLongRested: false, taken: [1], whole: false },
  { of: 'and can’t grow', isWhole: true, isLongRested: false, mayGrow: false, taken: [1, 2], whole: true },
])('a file that ends $of', async ({ taken, whole, ...given }) => {
  const file = open(given);
  expect((await file.take(10)).map(({ number }) => number)).toEqual(taken);
  expect(await file.take(10)).toEqual([]);
  expect(file.isWhole).toBe(whole);
});
