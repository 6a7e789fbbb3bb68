import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { runLine } from '../run.fixture';

const run = (...args: string[]) => runLine('token', ...args);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('the entry goes to standard output, as YAML; the token only to standard error', async () => {
  const { code, out, err } = await run('board', 'read:sales_*', 'ingest');
  expect(code).toBe(0);
  const token = /now: (\S{43})$/m.exec(err)?.[1] ?? '';
  expect(parse(out)).toEqual([{ name: 'board', sha256: sha256(token), grants: ['read:sales_*', 'ingest'] }]);
  expect(out).not.toContain(token);
});

test('no two are the same', async () => {
  const tokens = await Promise.all(
    [1, 2, 3].map(async () => JSON.parse((await run('a', 'read', '--json')).out) as { token: string }),
  );
  expect(new Set(tokens.map(({ token }) => token)).size).toBe(3);
});

test('what is no grant is refused, and nothing is made', async () => {
  expect(await run('a', 'read', 'write')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('write') as string,
  });
});
