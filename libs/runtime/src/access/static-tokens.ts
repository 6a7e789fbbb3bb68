/** Tokens that stand, by their hashes, in a file: YAML, a list of `name`, `sha256`, `grants`. */
import { createHash } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { TenonError } from '@tenon/errors';
import type { Logger } from '@tenon/ports';
import { parse } from 'yaml';
import { z } from 'zod';
import { Grants, isGrant } from './grants';

/** Somebody who is known. */
export interface Identity {
  /** For the audit log. */
  readonly name: string;
  readonly grants: Grants;
}

const FILE = z.array(
  z.strictObject({
    name: z.string().min(1).max(200),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is the SHA-256 of a token, 64 hex digits'),
    grants: z
      .array(z.string().refine(isGrant, 'is ingest, read or operate, or one of these with :pattern'))
      .min(1),
  }),
);

/** Tokens are random and long, so that a fast hash is enough: nobody can try them all. */
export const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

const LOOK_EVERY_MS = 5_000;
const HINT = 'npx tenon token NAME GRANT… makes a token, and prints the lines for this file.';

export class StaticTokens {
  private byHash: ReadonlyMap<string, Identity>;
  private readonly reread: () => void;

  /** @throws TenonError `invalid-setting` naming every line that is wrong */
  constructor(
    private readonly file: string,
    logger: Logger,
    lookEveryMs = LOOK_EVERY_MS,
  ) {
    this.byHash = readTokens(file);
    this.reread = () => {
      try {
        this.byHash = readTokens(file);
        logger.info({ file, tokens: this.byHash.size }, 'the tokens were read again');
      } catch (error) {
        logger.warn(
          { error },
          'the file of tokens has changed and can’t be used, going on with the old ones',
        );
      }
    };
    watchFile(file, { interval: lookEveryMs, persistent: false }, this.reread);
  }

  /** @returns undefined for a token that is not known */
  identify(token: string): Identity | undefined {
    return this.byHash.get(hashOf(token));
  }

  close(): void {
    unwatchFile(this.file, this.reread);
  }
}

function readTokens(file: string): ReadonlyMap<string, Identity> {
  const wrong = (message: string) =>
    new TenonError('invalid-setting', `TENON_TOKENS: ${file}: ${message}`, { hint: HINT });
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 }) as unknown;
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const parsed = FILE.safeParse(content ?? []);
  if (!parsed.success)
    throw wrong(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
  return new Map(
    parsed.data.map(({ name, sha256, grants }) => [sha256, { name, grants: new Grants(grants) }]),
  );
}
