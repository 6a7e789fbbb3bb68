import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ownDirectory, thisProcess } from './own-directory';

let parent: string;
beforeEach(() => (parent = mkdtempSync(join(tmpdir(), 'tenon-own-'))));
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const self = thisProcess();
/** As a process that has ended left it. */
function left(name: string, minutesAgo = 0): string {
  const path = join(parent, name);
  mkdirSync(path);
  const then = new Date(Date.now() - minutesAgo * 60_000);
  utimesSync(path, then, then);
  return path;
}

test('two of one process are two, and each is gone once it is released', () => {
  const [a, b] = [ownDirectory(parent, 'spool'), ownDirectory(parent, 'spool')];
  expect(readdirSync(parent).sort()).toEqual([basename(a.path), basename(b.path)].sort());
  a.release();
  b.release();
  expect(readdirSync(parent)).toEqual([]);
});

// Linux tells processes apart; elsewhere only time does.
const onLinux = self.started === 0 ? test.skip : test;

onLinux('what an earlier process of the same pid left is swept: in a container each one is pid 1', () => {
  const one = { ...self, pid: 1, started: 4711 };
  const before = left(`spool-${one.namespace}-1-1234-abcdef`);
  const own = ownDirectory(parent, 'spool', one);
  expect([existsSync(before), existsSync(own.path)]).toEqual([false, true]);
  own.release();
});

onLinux('what a process holds that still runs stays', () => {
  const held = ownDirectory(parent, 'spool', self);
  const own = ownDirectory(parent, 'spool', { ...self, pid: 1, started: 4711 });
  expect(existsSync(held.path)).toBe(true);
  held.release();
  own.release();
});

test('what another container holds stays as long as it is touched, though its pid is that of another process here', () => {
  const theirs = left('spool-999-1-1234-abcdef', 9);
  const own = ownDirectory(parent, 'spool', self);
  expect(existsSync(theirs)).toBe(true);
  own.release();
});

test('what nobody has touched for long is swept, whoever made it', () => {
  const theirs = left('spool-999-1-1234-abcdef', 11);
  const own = ownDirectory(parent, 'spool', self);
  expect(existsSync(theirs)).toBe(false);
  own.release();
});

test('what is of another kind is left alone', () => {
  const others = [left('spill-999-1-1234-abcdef', 60), left('spool', 60), left('spool-of-mine', 60)];
  const own = ownDirectory(parent, 'spool', self);
  expect(others.every((path) => existsSync(path))).toBe(true);
  own.release();
});
