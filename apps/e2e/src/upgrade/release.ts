/** The release before, as this repository's history has it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CHECKOUT = join(__dirname, '../../../..');

/** The last commit that writes edition 2 of the wire. */
export const EDITION_2 = 'bf9a8c6';

/** False in a shallow clone, or where there is no git. */
export function isInHistory(commit: string): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: CHECKOUT, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Puts a commit into a folder, to be run with the packages of this checkout. */
export function checkOut(commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const files = execFileSync('git', ['archive', commit], { cwd: CHECKOUT, maxBuffer: 1 << 30 });
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: files });
  // It would install packages of its own over these where its lock file is another one.
  writeFileSync(
    join(folder, 'tools/install.js'),
    "exports.ROOT = require('node:path').join(__dirname, '..');\nexports.ensureInstalled = () => undefined;\n",
  );
  symlinkSync(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'));
}
