import { TenonError } from '@tenon/errors';

/** A segment of a name: no path step, nothing hidden, nothing that a file system or a shell treats in its own way. */
const SEGMENT = /^[A-Za-z0-9_=@][A-Za-z0-9_=@.-]{0,199}$/;

/** @throws TenonError `invalid-name`, so that no name leads out of the lake */
export function checkName(name: string): void {
  if (name.length > 1000 || !name.split('/').every((segment) => SEGMENT.test(segment))) {
    throw new TenonError(
      'invalid-name',
      `${JSON.stringify(name.slice(0, 200))} is no name of a file in the lake.`,
    );
  }
}

/** A prefix may end within a segment or after a slash. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkName(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}
