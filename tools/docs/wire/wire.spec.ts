/** docs/asyncapi.yaml, docs/wire.md and libs/contracts/schemas are what the registry of the wire gives. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';
import { ROOT } from '../sources';
import { made } from './made';

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const files = made(read);

test.each([...files.keys()])('%s is as the registry has it', (name) => {
  const there = existsSync(join(ROOT, name)) ? read(name) : '';
  if (!isEqual(name, there, files.get(name) as string))
    throw new Error(`${name} is not what libs/contracts/src/schemas gives: run npm run docs:wire.`);
});

/** Of data the layout is prettier's matter. */
function isEqual(name: string, there: string, wanted: string): boolean {
  if (name.endsWith('.md')) return there === wanted;
  return isDeepStrictEqual(parse(there), parse(wanted));
}

test('there is no schema of a message that is none', () => {
  const there = readdirSync(join(ROOT, 'libs/contracts/schemas')).map(
    (name) => `libs/contracts/schemas/${name}`,
  );
  expect(there.filter((name) => !files.has(name))).toEqual([]);
});

test('every schema is JSON Schema 2020-12', () => {
  const ajv = new Ajv2020({ strict: true, strictTuples: false, allowUnionTypes: true });
  for (const [name, text] of files) {
    if (!name.endsWith('.json')) continue;
    const schema = JSON.parse(text) as { readonly $schema: string };
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(() => ajv.compile(schema)).not.toThrow();
  }
});

describe('docs/asyncapi.yaml', () => {
  const text = files.get('docs/asyncapi.yaml') as string;
  const document = parse(text) as Readonly<Record<string, unknown>>;

  test('every reference in it leads somewhere', () => {
    const references = [...text.matchAll(/\$ref: "?#\/([^\s"]+)/g)].map(([, path]) => path as string);
    expect(references.length).toBeGreaterThan(50);
    const lost = references.filter(
      (path) =>
        path
          .split('/')
          .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document) ===
        undefined,
    );
    expect(lost).toEqual([]);
  });
});
