/** Names of sources and products: they become identifiers in SQL, file names, topics and URL segments. */
import type { Place } from '@tenon/domain';
import type { Report } from './report';

const NAME = /^[a-z][a-z0-9_-]{0,62}$/i;

/** Reports a name that can't be used. @returns true if it can. */
export function checkName(name: string, kind: string, place: Place, report: Report): boolean {
  if (NAME.test(name)) return true;
  const usable = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^[^A-Za-z]+|_+$/g, '')
    .slice(0, 63);
  report(
    'name-invalid',
    `"${name}" can't be the name of a ${kind}: a letter, then up to 62 letters, digits, _ or -.`,
    place,
    usable === '' ? 'Rename the file.' : `Rename the file, e.g. to ${usable}.`,
  );
  return false;
}

/** A declaration found by its file. */
export interface Named {
  readonly name: string;
  readonly place: Place;
}

/** Reports every declaration after the first of a name, upper and lower case alike. @returns the first of each. */
export function dropDuplicates<T extends Named>(declared: readonly T[], kind: string, report: Report): T[] {
  const first = new Map<string, T>();
  for (const one of declared) {
    const key = one.name.toLowerCase();
    const other = first.get(key);
    if (other === undefined) first.set(key, one);
    else {
      report(
        'name-duplicate',
        `The ${kind} ${one.name} is declared twice: also in ${other.place.file}.`,
        one.place,
        'Remove or rename one of them; names are the same if they differ in case only.',
      );
    }
  }
  return [...first.values()];
}
