/** What somebody may do: a role, and of which sources or products. */

/**
 * `ingest` sends events of sources, `read` asks products, `operate` does everything else (cuts, reloads, dead letters) and
 * reads all products.
 */
export const ROLES = ['ingest', 'read', 'operate'] as const;
export type Role = (typeof ROLES)[number];

/** What a request needs: a role, and where it is about one source or product, that for it. */
export interface Need {
  readonly role: Role;
  readonly of?: string;
}

interface Grant {
  readonly role: Role;
  readonly matches: RegExp | null;
}

const GRANT = /^(ingest|read|operate)(?::([\w*.-]{1,200}))?$/;

/** True for `read`, `ingest:orders`, `read:sales_*`. */
export const isGrant = (text: string) => GRANT.test(text);

export class Grants {
  private readonly grants: readonly Grant[];

  /** @param texts as `isGrant` has them; others grant nothing */
  constructor(texts: readonly string[]) {
    this.grants = texts.flatMap((text) => {
      const match = GRANT.exec(text);
      if (match === null) return [];
      const [, role, pattern] = match;
      return [{ role: role as Role, matches: pattern === undefined ? null : patternOf(pattern) }];
    });
  }

  allow({ role, of }: Need): boolean {
    return this.grants.some((grant) => {
      if (grant.role !== role && !(grant.role === 'operate' && role === 'read')) return false;
      // What is about no single one is for whoever has the role for any.
      return grant.matches === null || of === undefined || grant.matches.test(of);
    });
  }
}

const patternOf = (pattern: string) =>
  new RegExp(`^${pattern.replace(/[.-]/g, '\\$&').replaceAll('*', '[\\w.-]*')}$`);
