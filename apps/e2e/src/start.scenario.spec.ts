/** What a start that can't succeed leaves behind: nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUp } from './up';

test('a start on a taken port ends what it had begun, so that the same data can be started elsewhere', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tenon-start-'));
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(startUp(data, port)).rejects.toThrow(/EADDRINUSE|in use/);
  const up = await startUp(data);
  await up.stop();
  other.close();
  rmSync(data, { recursive: true, force: true });
});
