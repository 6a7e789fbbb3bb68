import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spool } from './spool';

let parent: string;
let spool: Spool;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tenon-spool-'));
  spool = new Spool(parent);
});

afterEach(() => {
  spool.close();
  rmSync(parent, { recursive: true });
});

const MIB = 2 ** 20;

/** A file of so many lines of 1,024 bytes. */
const write = (text: string, lines: number) =>
  spool.write((line) => {
    for (let i = 0; i < lines; i++) {
      line.bytes(Buffer.from(text.repeat(1023)));
      line.endLine();
    }
  });

const expected = (text: string, lines: number) => `${text.repeat(1023)}\n`.repeat(lines);

test('a file holds its own lines, whatever the one before it held, and has a name of its own', () => {
  const names = new Set<string>();
  const inodes = new Set<number>();
  for (const [text, lines] of [
    ['a', 5000],
    ['b', 2000],
    ['c', 1],
    ['d', 7000],
    ['e', 1025],
  ] as const) {
    const file = write(text, lines);
    expect(readFileSync(file.path, 'utf8') === expected(text, lines)).toBe(true);
    names.add(file.path);
    if (lines > 1024) inodes.add(statSync(file.path).ino);
    file.remove();
  }
  expect([names.size, inodes.size]).toEqual([5, 1]);
});

test('files that are open at the same time are different ones', () => {
  write('a', 3000).remove();
  const [first, second] = [write('b', 2000), write('c', 2500)];
  expect(readFileSync(first.path, 'utf8') === expected('b', 2000)).toBe(true);
  expect(readFileSync(second.path, 'utf8') === expected('c', 2500)).toBe(true);
});

test('what is kept is bounded: two files of at most 16 MiB', () => {
  const large = [write('a', 2000), write('b', 2000), write('c', 2000), write('d', 17 * 1024)];
  const small = write('e', 10);
  for (const file of [...large.reverse(), small]) file.remove();
  const kept = readdirSync(spool.directory);
  expect(kept).toHaveLength(2);
  for (const name of kept) expect(statSync(join(spool.directory, name)).size).toBeLessThan(16 * MIB);
});

test('a line longer than the buffer goes whole, and an empty file is one', () => {
  const long = spool.write((line) => {
    line.ascii('[');
    line.bytes(Buffer.alloc(3 * MIB, 'x'));
    line.ascii(']');
    line.endLine();
  });
  expect(readFileSync(long.path, 'utf8') === `[${'x'.repeat(3 * MIB)}]\n`).toBe(true);
  expect(long.objectSize).toBeGreaterThan(3 * MIB);
  expect(readFileSync(spool.write(() => undefined).path, 'utf8')).toBe('');
});

test('what fails leaves nothing, neither a file nor its lines in the next one', () => {
  for (const lines of [1, 3000])
    expect(() =>
      spool.write((line) => {
        for (let i = 0; i < lines; i++) line.bytes(Buffer.alloc(1024));
        throw new Error('no more');
      }),
    ).toThrow('no more');
  expect(readdirSync(spool.directory)).toEqual([]);
  const file = write('f', 1500);
  expect(readFileSync(file.path, 'utf8') === expected('f', 1500)).toBe(true);
});
