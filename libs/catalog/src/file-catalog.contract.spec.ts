import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCatalogContract } from '@tenon/testing';
import { createFileCatalog } from './file-catalog';

const EXAMPLE = join(__dirname, '../../../catalog');

describeCatalogContract('The file catalog', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-contract-'));
  cpSync(EXAMPLE, directory, { recursive: true });
  writeFileSync(join(directory, 'sources/broken.yaml'), 'schema: { type: nonsense }\npartitions: none\n');
  writeFileSync(join(directory, 'products/broken.sql'), '-- nothing\n');
  return {
    good: createFileCatalog(EXAMPLE),
    broken: createFileCatalog(directory),
    dispose: async () => rmSync(directory, { recursive: true, force: true }),
  };
});
