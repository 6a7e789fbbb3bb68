/** The servers' own CPU time, where they run on this machine and `stack:up` has started them. */
import { PARTS, readSettings } from '../../stack/settings';
import { readState } from '../../stack/state';
import type { Servers } from './lab';
import { cpuOfTree } from './process';

export type ServerCpu = Readonly<Record<string, number>>;

/** CPU seconds since each server's start. */
export function serverCpu(servers: Servers): ServerCpu {
  const state = readState(readSettings().run);
  const known = PARTS.flatMap((part) => {
    const { url, processes = [] } = state[part] ?? {};
    if (url !== servers[part] || processes.length === 0) return [];
    return [[part, processes.reduce((sum, { pid }) => sum + cpuOfTree(pid), 0)] as const];
  });
  return Object.fromEntries(known);
}

/** @returns e.g. `kafka 1.23, nats 0.01 CPU-s` */
export function serversSince(servers: Servers, before: ServerCpu): string {
  const now = serverCpu(servers);
  const parts = Object.keys(before).map(
    (part) => `${part} ${((now[part] ?? 0) - (before[part] ?? 0)).toFixed(2)}`,
  );
  return parts.length === 0 ? 'not known, as others started them' : `${parts.join(', ')} CPU-s`;
}
