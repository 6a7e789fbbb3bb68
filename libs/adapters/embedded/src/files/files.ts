/** The few file operations of the log, as promises over `node:fs`: cheaper than `FileHandle` where calls are small. */
import { close, fdatasync, fstat, fsync, ftruncate, open, read, write } from 'node:fs';
import { promisify } from 'node:util';

export const openFile: (path: string, flags: string) => Promise<number> = promisify(open);
export const closeFile = promisify(close);
export const syncData = promisify(fdatasync);
export const truncateFile: (fd: number, bytes: number) => Promise<void> = promisify(ftruncate);

export function fileSize(fd: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fstat(fd, (error, stats) => (error ? reject(error) : resolve(stats.size))),
  );
}

/** Writes all of it; a rejection may leave a part of it in the file. */
export function writeAll(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const from = (done: number): void => {
      write(fd, bytes, done, bytes.length - done, position + done, (error, written) => {
        if (error) reject(error);
        else if (done + written < bytes.length) from(done + written);
        else resolve();
      });
    };
    from(0);
  });
}

/** Fills `bytes`, or less of it at the end of the file. @returns how much */
export function readInto(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const from = (done: number): void => {
      read(fd, bytes, done, bytes.length - done, position + done, (error, count) => {
        if (error) reject(error);
        else if (count > 0 && done + count < bytes.length) from(done + count);
        else resolve(done + count);
      });
    };
    from(0);
  });
}

/** Makes the names in a folder durable (a no-op where a folder can't be opened, as on Windows). */
export async function syncFolder(path: string): Promise<void> {
  const fd = await openFile(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (process.platform === 'win32') return null;
    throw error;
  });
  if (fd === null) return;
  try {
    await promisify(fsync)(fd);
  } finally {
    await closeFile(fd);
  }
}
