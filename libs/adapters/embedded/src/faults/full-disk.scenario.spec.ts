/** A disk that is full: what can't be written is refused, nothing half-written is seen, and all goes on with room. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle } from './bundle';
import type { Bundle } from './bundle';

/** A file system of its own for a command, gone with it; without being root where user namespaces are allowed. */
const MOUNT = ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=6m tmpfs "$1" && shift && exec "$@"', 'sh'];

const canMount = spawnSync('unshare', [...MOUNT, tmpdir(), 'true']).status === 0;

/** Where it can't be tried the name says so. */
const testFullDisk: typeof test = canMount ? test : (test.skip as typeof test);

let directory: string;
let script: Bundle;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tenon-full-'));
  script = await bundle('full-disk-child.ts');
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await script.remove();
});

testFullDisk.each(['log', 'store'])(
  'the %s refuses what does not fit, keeps the rest, and goes on when there is room',
  async (adapter) => {
    const command = [...MOUNT, directory, process.execPath, script.path, adapter, directory];
    const { stdout } = await promisify(execFile)('unshare', command, { timeout: 50_000 });
    const result = JSON.parse(stdout) as { failures: number };
    expect(result).toEqual({
      failures: result.failures,
      codes: ['unavailable'],
      full: true,
      after: true,
      reopened: true,
    });
    expect(result.failures).toBeGreaterThan(0);
  },
  60_000,
);
