/** The sources that the pages of docs/ are checked against: what runs, without specs, fixtures and the simulator. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

const LEFT_OUT = new Set(['node_modules', 'dist', 'testing', 'e2e', 'public']);

export interface Source {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file of libs and apps that runs outside of tests. */
export function readSources(): Source[] {
  const walk = (directory: string): Source[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : walk(path);
      if (!entry.name.endsWith('.ts') || /\.spec\.ts$|fixture|fake-/.test(entry.name)) return [];
      return [{ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }];
    });
  return ['libs', 'apps'].flatMap((folder) => walk(join(ROOT, folder)));
}

export const readPage = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');
