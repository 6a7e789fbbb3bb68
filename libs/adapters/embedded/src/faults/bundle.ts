import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(__dirname, '../../../../..');

export interface Bundle {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes one script of a TypeScript file beside this one, so that a child process starts in a moment. */
export async function bundle(file: string): Promise<Bundle> {
  // Below node_modules, so that the script finds lmdb.
  const folder = await mkdtemp(join(ROOT, 'node_modules/.tenon-test-'));
  const path = join(folder, 'child.cjs');
  await build({
    entryPoints: [join(__dirname, file)],
    outfile: path,
    bundle: true,
    platform: 'node',
    external: ['lmdb'],
    tsconfig: join(ROOT, 'tsconfig.base.json'),
  });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
