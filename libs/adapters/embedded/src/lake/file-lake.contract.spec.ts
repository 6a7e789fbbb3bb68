import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeLakeContract } from '@tenon/testing';
import { createFileLake } from './file-lake';

describeLakeContract('The lake in files', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tenon-lake-'));
  return {
    open: async () => createFileLake({ directory }),
    write: (path, content) => writeFile(path, content),
    read: (path) => readFile(path, 'utf8'),
    dispose: () => rm(directory, { recursive: true }),
  };
});

test('what another lake is writing is left alone, and only its owner can commit it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tenon-lake-'));
  const [one, other] = [createFileLake({ directory }), createFileLake({ directory })];
  const staged = await one.stage();
  await writeFile(staged, 'being written');
  await expect(other.commit(staged, 'a')).rejects.toMatchObject({ code: 'not-staged' });
  await one.commit(staged, 'a');
  expect(await readFile(await other.path('a'), 'utf8')).toBe('being written');
  await rm(directory, { recursive: true });
});

test('what is left over goes once nobody has written to it for long; what is as old, but written to since, stays', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tenon-lake-'));
  const [gone, slow] = [createFileLake({ directory }), createFileLake({ directory })];
  const staged = await Promise.all([gone.stage(), slow.stage()]);
  for (const path of staged) await writeFile(path, 'being written');
  const before = new Date(Date.now() - 3_700_000);
  for (const path of [...staged, ...staged.map((one) => dirname(one))]) await utimes(path, before, before);
  await writeFile(staged[1] as string, 'written again');
  await createFileLake({ directory }).list('');
  await expect(readFile(staged[0] as string)).rejects.toMatchObject({ code: 'ENOENT' });
  await slow.commit(staged[1] as string, 'a');
  expect(await readFile(await slow.path('a'), 'utf8')).toBe('written again');
  // Whose folder was taken for left over makes it anew.
  const again = await gone.stage();
  await writeFile(again, 'again');
  await gone.commit(again, 'b');
  expect((await gone.list('')).map(({ name }) => name)).toEqual(['a', 'b']);
  await rm(directory, { recursive: true });
});

test('where the lake is no directory, the error says that it can not be reached', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tenon-lake-'));
  await writeFile(join(directory, 'file'), '');
  const lake = createFileLake({ directory: join(directory, 'file') });
  await expect(lake.stage()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(lake.list('')).rejects.toMatchObject({ code: 'unavailable' });
  await rm(directory, { recursive: true });
});
