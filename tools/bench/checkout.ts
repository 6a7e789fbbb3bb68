/** Another checkout of this repository, say one of an earlier commit, whose code is measured beside this one's in one run. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Checkout {
  readonly directory: string;
  /** How it is called in figures: its commit. */
  readonly title: string;
}

/** @throws Error if there is no checkout with its packages */
export function openCheckout(path: string): Checkout {
  const directory = resolve(path);
  for (const needed of ['tsconfig.json', 'node_modules', 'libs'])
    if (!existsSync(join(directory, needed))) throw new Error(`${directory} is no checkout: no ${needed}.`);
  const git = (...args: string[]) =>
    spawnSync('git', ['-C', directory, ...args], { encoding: 'utf8' }).stdout;
  const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== '';
  return {
    directory,
    title: `${git('rev-parse', '--short', 'HEAD').trim()}${changed ? ' with changes' : ''}`,
  };
}
