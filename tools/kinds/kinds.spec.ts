/** A suite's name says its kind, so that whoever needs one kind runs all of it and nothing else. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXAMPLES } from './examples';
import { judge } from './judge';
import { KINDS, argumentsFor, kindOf } from './kinds';

const ROOT = resolve(__dirname, '../..');

/** Every spec, by its path in the repository. */
const specs = ['apps', 'libs', 'tools'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.spec.ts') && !path.includes('node_modules/')),
);

test('every suite has the kind that its name says', () => {
  const wrong = specs.flatMap((path) =>
    judge(path, readFileSync(join(ROOT, path), 'utf8')).map((problem) => `${path} ${problem}`),
  );
  expect(wrong).toEqual([]);
  expect(new Set(specs.map(kindOf))).toEqual(new Set(Object.keys(KINDS)));
});

test.each(EXAMPLES)('%s with %j: %s', (path, text, problem) => {
  expect(judge(path, text)).toEqual(problem === null ? [] : [expect.stringContaining(problem)]);
});

test('each suite runs in its kind, and in no other', () => {
  const runs = Object.keys(KINDS).flatMap((kind) => {
    const [, ...ignored] = argumentsFor(kind);
    const left = specs.filter((path) => !ignored.some((pattern) => new RegExp(pattern).test(`/${path}`)));
    return left.map((path) => [path, kind]);
  });
  expect(runs.sort()).toEqual(specs.map((path) => [path, kindOf(path)]).sort());
});

test('a kind and a pattern together leave what both name', () => {
  const jest = join(ROOT, 'node_modules/.bin/jest');
  const args = ['--listTests', 'libs/adapters/embedded', ...argumentsFor('contract')];
  const { stdout } = spawnSync(jest, args, { cwd: ROOT, encoding: 'utf8' });
  const listed = stdout.trim().split('\n');
  expect(listed.length).toBeGreaterThan(3);
  expect(listed.filter((path) => !/libs\/adapters\/embedded\/.*\.contract\.spec\.ts$/.test(path))).toEqual(
    [],
  );
});
