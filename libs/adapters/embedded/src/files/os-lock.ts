/**
 * An exclusive lock that the operating system holds for this process and lets go when the process ends, however it
 * ends: so there is nothing to clean up after a crash, no pid that may mean another process by now, and containers that
 * share a volume see each other's lock.
 *
 * Node has no call for it, but each system has a way:
 * - Linux: `flock(1)` (util-linux or BusyBox) locks a file that we opened and pass to it. Such a lock belongs to the
 *   open file, not to the process that asked, so it is ours after `flock` has ended, until we close the file or end.
 * - macOS and BSD: open(2) itself takes `O_EXLOCK`.
 * - Windows: libuv opens a file that nobody else may open with the same flag, under another number.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { TenonError } from '@tenon/errors';

const O_EXLOCK = process.platform === 'win32' ? 0x10000000 : 0x20;

export interface OsLock {
  readonly fd: number;
  release(): void;
}

/**
 * Takes the lock on a file (made if missing, its content untouched).
 *
 * @returns null if someone holds it, this process included
 */
export function takeOsLock(path: string): OsLock | null {
  const fd = process.platform === 'linux' ? lockWithFlock(path) : openLocked(path);
  return fd === null ? null : { fd, release: () => closeSync(fd) };
}

function lockWithFlock(path: string): number | null {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  const run = spawnSync('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', fd] });
  if (run.status === 0) return fd;
  closeSync(fd);
  // Without a word: someone else holds it (util-linux and BusyBox alike).
  if (run.status === 1 && run.stderr.length === 0) return null;
  const reason = run.error?.message ?? run.stderr.toString().trim();
  throw new TenonError('data-directory-lock', `${path} can't be locked: ${reason}`, {
    hint: 'On Linux this needs the command flock (util-linux, or BusyBox with it) and a file system that can lock.',
  });
}

function openLocked(path: string): number | null {
  try {
    return openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | (constants.O_NONBLOCK ?? 0) | O_EXLOCK,
      0o644,
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EBUSY' || code === 'EPERM') return null;
    throw error;
  }
}
