/** Who commands are to Tenon: `--token`, `TENON_TOKEN`, or a file that `TENON_TOKEN_FILE` names. */
import { readFileSync } from 'node:fs';
import { failure } from './failure';

let given: string | undefined;

/** What `--token` says goes before the environment. */
export function useToken(token: string | undefined): void {
  given = token;
}

/** @throws Failure `file-unreadable` */
export function tokenHeaders(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  const token = given ?? (environment['TENON_TOKEN'] || fromFile(environment['TENON_TOKEN_FILE']));
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function fromFile(path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw failure('file-unreadable', `TENON_TOKEN_FILE: ${(error as Error).message}`);
  }
}
