import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProductStoreContract } from '@tenon/testing';
import { createLmdbProductStore } from './lmdb-store';

const temporary = () => mkdtemp(join(tmpdir(), 'tenon-store-'));

describeProductStoreContract('The store in lmdb', async () => {
  const directory = await temporary();
  return {
    open: async () => createLmdbProductStore({ directory }),
    dispose: () => rm(directory, { recursive: true }),
  };
});
