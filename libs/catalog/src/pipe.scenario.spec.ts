import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileCatalog } from './file-catalog';

test('a catalog does not wait for a pipe', async () => {
  const root = mkdtempSync(join(tmpdir(), 'tenon-catalog-'));
  try {
    mkdirSync(join(root, 'sources'), { recursive: true });
    execFileSync('mkfifo', [join(root, 'sources/orders.yaml')]);
    const { problems } = await createFileCatalog(root).load();
    expect(problems.map(({ message }) => message).join()).toContain('no regular file');
  } finally {
    rmSync(root, { recursive: true });
  }
});
