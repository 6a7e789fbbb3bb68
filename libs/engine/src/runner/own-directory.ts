/**
 * A directory of this process's own in a shared place, and the sweeping of those that killed processes have left behind.
 *
 * A pid does not say whose one is: in a container every process is pid 1, and `/dev/shm` outlives it, shared with the next
 * container or with those beside it. So the name says who made it, as Linux tells processes apart (pid namespace, pid, start
 * time, see proc(5)), and a live owner touches it once a minute, which everybody sees, whatever namespace they are in.
 */
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

const TOUCH_EVERY_MS = 60_000;
/** An owner that has not touched its directory for so long is taken to be no more. */
const LEFT_AFTER_MS = 10 * 60_000;

export interface OwnDirectory {
  readonly path: string;
  /** Removes it. */
  release(): void;
}

/** Who made a directory: only processes of one namespace can be asked for by their pid. */
export interface Identity {
  readonly namespace: string;
  readonly pid: number;
  /** In clock ticks since the machine's start; 0 where the system does not tell. */
  readonly started: number;
}

const NAME = /^(\d+)-(\d+)-(\d+)-/;

/** Field 22 of /proc/<pid>/stat, after the command, which may hold anything. Null: no such process, as far as can be seen. */
function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}

function namespaceOf(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

export const thisProcess = (): Identity => ({
  namespace: namespaceOf(),
  pid: process.pid,
  started: startOf(process.pid) ?? 0,
});

/** Whether a process that made a directory is there no more, as this one can tell. */
function isGone(owner: Identity, asked: Identity, touchedMsAgo: number): boolean {
  if (touchedMsAgo > LEFT_AFTER_MS) return true;
  // Of another container, or where the system tells nothing of processes: only time can tell.
  if (owner.namespace !== asked.namespace || asked.started === 0) return false;
  return startOf(owner.pid) !== owner.started;
}

/**
 * @param name of its kind: those of the same kind are swept
 * @param self who asks; for specs
 */
export function ownDirectory(parent: string, name: string, self: Identity = thisProcess()): OwnDirectory {
  sweep(parent, name, self);
  const path = mkdtempSync(join(parent, `${name}-${self.namespace}-${self.pid}-${self.started}-`));
  const timer = setInterval(() => touch(path), TOUCH_EVERY_MS);
  timer.unref();
  return {
    path,
    release: () => {
      clearInterval(timer);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Somebody has removed it; whoever writes into it next says so.
  }
}

function sweep(parent: string, name: string, self: Identity): void {
  for (const entry of readdirSync(parent)) {
    const match = entry.startsWith(`${name}-`) ? NAME.exec(entry.slice(name.length + 1)) : null;
    if (match === null) continue;
    const [, namespace = '', pid, started] = match;
    const path = join(parent, entry);
    const owner = { namespace, pid: Number(pid), started: Number(started) };
    if (isGone(owner, self, ageOf(path))) rmSync(path, { recursive: true, force: true });
  }
}

/** Milliseconds; 0 for one that is being removed by another sweep. */
function ageOf(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
