import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('where the lake is no directory, the error says that it can not be reached', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tenon-lake-'));
  await writeFile(join(directory, 'file'), '');
  const lake = createFileLake({ directory: join(directory, 'file') });
  await expect(lake.stage()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(lake.list('')).rejects.toMatchObject({ code: 'unavailable' });
  await rm(directory, { recursive: true });
});
