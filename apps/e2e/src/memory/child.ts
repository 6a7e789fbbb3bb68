/** Long runs as processes of their own, in which nothing but the services is on the heap. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { ServiceName } from './line';
import type { Sample } from './long-run';

const ROOT = join(__dirname, '../../../..');

/**
 * V8 makes machine code as it goes, for minutes, and keeps it on the heap: a kilobyte and more a round, in which a leak
 * could hide. So code is made once, at its first use, and not again.
 */
const V8 = ['--expose-gc', '--no-opt', '--always-sparkplug', '--no-flush-bytecode'];

export class LongRuns {
  private constructor(private readonly folder: string) {}

  /** Makes one script of it, so that no loader is in the process. */
  static async build(): Promise<LongRuns> {
    // Below node_modules, so that the script finds what it can't hold.
    const folder = await mkdtemp(join(ROOT, 'node_modules/.tenon-memory-'));
    const runs = new LongRuns(folder);
    await build({
      entryPoints: [join(__dirname, 'long-run.ts')],
      outfile: runs.script,
      bundle: true,
      platform: 'node',
      external: ['lmdb', '@duckdb/node-api'],
      tsconfig: join(ROOT, 'tsconfig.base.json'),
    });
    return runs;
  }

  private get script(): string {
    return join(this.folder, 'long-run.cjs');
  }

  /** @throws with what it said, if it fails */
  play(service: ServiceName, rounds: number, leak = false): Promise<Sample[]> {
    const args = [...V8, this.script, service, String(rounds), ...(leak ? ['leak'] : [])];
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.once('error', reject);
      child.once('close', (code) => {
        if (code !== 0) reject(new Error(`The long run of ${service} ended with ${code}: ${err}`));
        else
          resolve(
            out
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as Sample),
          );
      });
    });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
