/** The programs under test, as they are deployed: one bundled file each (`npm run build`), so that no compiler runs in them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { ServiceName } from '@tenon/composition';
import { TestedProcess } from './process';

const ROOT = join(__dirname, '../../..');
const PEERS = join(__dirname, '../peers');
const OUT = join(ROOT, 'dist/bench');

export const PEER_NAMES = ['bare-http', 'raw-consumer', 'raw-producer'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** @param root a checkout of this repository */
export function buildServices(root: string = ROOT): void {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/build.js')], { cwd: root });
  if (status !== 0) throw new Error(`The services could not be built:\n${String(stderr)}`);
}

export async function buildAll(): Promise<void> {
  buildServices();
  mkdirSync(OUT, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: PEER_NAMES.map((name) => join(PEERS, `${name}.ts`)),
    outdir: OUT,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    tsconfig: join(ROOT, 'tsconfig.base.json'),
  });
}

/** As the images run it (apps/SERVICE/Dockerfile). */
const DEPLOYED = { NODE_ENV: 'production', NODE_OPTIONS: '--enable-source-maps', UV_THREADPOOL_SIZE: '16' };

export interface Service {
  readonly process: TestedProcess;
  readonly url: string;
}

/**
 * @param nodeArgs e.g. `--cpu-prof`
 * @param root the checkout that was built; absent: this one
 * @returns the process at once, and a promise of its URL once it is up
 */
export function launch(
  service: ServiceName,
  settings: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
  root: string = ROOT,
): { readonly process: TestedProcess; readonly up: Promise<Service> } {
  const main = join(root, 'dist', service, 'src/main.js');
  const tested = TestedProcess.start(service, process.execPath, [...nodeArgs, main], {
    cwd: root,
    env: { ...DEPLOYED, ...settings, TENON_PORT: '0' },
  });
  const up = tested
    .line((line) =>
      line.includes('"msg":"up"') ? String((JSON.parse(line) as { url: string }).url) : undefined,
    )
    .then((url) => ({ process: tested, url }));
  return { process: tested, up };
}

export const startService = async (
  service: ServiceName,
  settings: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
  root: string = ROOT,
): Promise<Service> => launch(service, settings, nodeArgs, root).up;

/** A peer prints one line of JSON per event of its life; see tools/bench/peers. */
export function startPeer(
  name: PeerName,
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): TestedProcess {
  return TestedProcess.start(name, process.execPath, [...nodeArgs, join(OUT, `${name}.js`), ...args], {
    cwd: ROOT,
    env: { NODE_ENV: 'production', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  });
}

/** Waits for the line `{"event": NAME, …}`. */
export const heard = <T extends object>(peer: TestedProcess, event: string, withinMs?: number): Promise<T> =>
  peer.line((line) => {
    if (!line.startsWith('{')) return undefined;
    const said = JSON.parse(line) as T & { event?: string };
    return said.event === event ? said : undefined;
  }, withinMs);
