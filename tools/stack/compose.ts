/** The same three servers in containers, where there is an engine. */
import { join } from 'node:path';
import { run, which } from './programs';
import type { PartName } from './settings';

const FILE = join(__dirname, '..', '..', 'deploy', 'compose.yaml');
const PROJECT = 'tenon-stack';

/** @returns true if Docker Compose is there and its engine answers */
export async function hasEngine(): Promise<boolean> {
  if (which('docker') === undefined) return false;
  const quick = { timeoutMs: 10_000 };
  try {
    await run('docker', ['compose', 'version'], quick);
    await run('docker', ['info'], quick);
    return true;
  } catch {
    return false;
  }
}

const compose = (args: readonly string[], ports: Readonly<Record<PartName, number>>) =>
  run('docker', ['compose', '-p', PROJECT, '-f', FILE, ...args], {
    env: Object.fromEntries(
      Object.entries(ports).map(([part, port]) => [`TENON_STACK_${part.toUpperCase()}_PORT`, String(port)]),
    ),
  });

/** @returns the URL of each, once all are healthy */
export async function composeUp(
  parts: readonly PartName[],
  ports: Readonly<Record<PartName, number>>,
): Promise<Readonly<Record<PartName, string>>> {
  await compose(['up', '-d', '--wait', ...parts], ports);
  return {
    kafka: `127.0.0.1:${ports.kafka}`,
    nats: `nats://127.0.0.1:${ports.nats}`,
    mongodb: `mongodb://127.0.0.1:${ports.mongodb}/tenon?replicaSet=rs0`,
  };
}

/** Stops the containers and drops their volumes. */
export async function composeDown(
  parts: readonly PartName[],
  ports: Readonly<Record<PartName, number>>,
): Promise<void> {
  await compose(['rm', '--stop', '--force', '--volumes', ...parts], ports);
}
