import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A folder of the cache that appears whole or not at all.
 *
 * @param name with the version in it
 * @param fill puts the program into an empty folder
 * @returns the folder
 */
export async function installed(
  cache: string,
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(cache, name);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, `${name}.part-`));
  try {
    await fill(folder);
    // Another run may have been faster; either one will do.
    if (!existsSync(target)) renameSync(folder, target);
    return target;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
