/** Error codes are a closed, documented list: each one that the sources give stands in docs/errors.md, and no other. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const CODE = "'([a-z][a-z-]+)'";

/** The forms in which a code is given. */
const FORMS = [
  `HttpProblem\\(\\s*\\d+,\\s*${CODE}`,
  `new Rejection\\(\\s*\\d+,\\s*${CODE}`,
  `Rejection\\.at\\([^,]*,\\s*${CODE}`,
  `(?:TenonError|Refusal|super)\\(\\s*${CODE}`,
  `\\bcode: ${CODE}`,
  `\\b(?:report|add|refuse|fault|unsupported|failure)\\(\\s*${CODE}`,
  `\\b(?:fault|unsupported)\\([^,]*,\\s*${CODE}`,
].map((form) => new RegExp(form, 'g'));

/** Not codes of Tenon: zod's. */
const OTHERS = new Set(['custom']);

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory())
      return ['node_modules', 'testing', 'e2e', 'public'].includes(entry.name) ? [] : sources(path);
    return entry.name.endsWith('.ts') && !/\.spec\.ts$|fixture|fake/.test(entry.name) ? [path] : [];
  });
}

const given = new Map<string, string>();
for (const path of [...sources(join(ROOT, 'libs')), ...sources(join(ROOT, 'apps'))]) {
  const text = readFileSync(path, 'utf8');
  for (const form of FORMS)
    for (const [, code] of text.matchAll(form)) if (!OTHERS.has(code!)) given.set(code!, path);
}
const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const documented = new Set([...page.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(([, code]) => code!));

test('every error code that the sources give is documented', () => {
  expect(given.size).toBeGreaterThan(100);
  const missing = [...given]
    .filter(([code]) => !documented.has(code))
    .map(([code, path]) => `${code} (${path})`);
  expect(missing).toEqual([]);
});

test('nothing is documented that no source gives', () => {
  /** Words of the page in code type that are no codes. */
  const words = new Set([
    'code',
    'type',
    'title',
    'status',
    'detail',
    'instance',
    'parameter',
    'pointer',
    'errors',
    'key',
    'time',
    'version',
    'constructor',
  ]);
  expect([...documented].filter((code) => !given.has(code) && !words.has(code))).toEqual([]);
});
