/** Whether a file of the archive is still the one that the manifest names. */
import { TenonError } from '@tenon/errors';
import type { FilePrint, Lake } from '@tenon/ports';
import type { ArchiveFile } from './names';

const HINT =
  'Put the file back from a backup: its name carries its digest. What does not need it goes on, and the rest once it is back. tenon verify checks all of them.';

/** What is wrong with a file of the archive, which nothing may be computed from. */
export const damaged = (name: string, what: string) =>
  new TenonError('archive-damaged', `${name} ${what}.`, { hint: HINT });

/**
 * The local path of a file, once it has been read to its end and is what the manifest says.
 *
 * @throws TenonError `archive-damaged`
 */
export async function checkedPath(lake: Pick<Lake, 'path' | 'print'>, file: ArchiveFile): Promise<string> {
  const { name } = file;
  const path = await lake.path(name).catch((error: unknown) => {
    if (error instanceof TenonError && error.code === 'unknown-file') throw damaged(name, 'is missing');
    throw error;
  });
  const fault = faultOf(file, await lake.print(path));
  if (fault !== null) throw damaged(name, fault);
  return path;
}

/** In words; null: none. Files of releases before the manifest have no digest: their length is all that can be compared. */
function faultOf({ bytes, digest }: ArchiveFile, print: FilePrint): string | null {
  if (print.bytes !== bytes) return `has ${print.bytes} bytes and not ${bytes}`;
  if (digest !== null && print.digest !== digest)
    return `is not what was written: its digest is ${print.digest} and not ${digest}`;
  return null;
}
