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
