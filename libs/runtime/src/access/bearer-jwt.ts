/** Tokens that an issuer signs (JWT by OpenID Connect): RFC 7519, keys by RFC 7517. */
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Grants } from './grants';
import type { Identity } from './static-tokens';

export interface JwtOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer's keys are; absent: where its discovery document says (OpenID Connect Discovery 1.0). */
  readonly keysUrl?: string;
  /** The claim that holds grants as `tenon:read:sales_*`: a list, or a text with blanks between. */
  readonly claim: string;
}

/** Asymmetric ones only: who can check a token must not be able to make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const PREFIX = 'tenon:';
const TIMEOUT_MS = 5_000;
/** Tokens that were found good are remembered until they end, so many of them. */
const REMEMBERED = 1000;

export class BearerJwt {
  private keys: Promise<JWTVerifyGetKey> | undefined;
  private readonly known = new Map<string, { readonly identity: Identity; readonly until: number }>();

  constructor(
    private readonly options: JwtOptions,
    private readonly now: () => number = Date.now,
  ) {}

  /** @returns undefined for a token that is not good, or has no end. @throws where the issuer's keys can't be had */
  async identify(token: string): Promise<Identity | undefined> {
    const known = this.known.get(token);
    if (known !== undefined && known.until > this.now()) return known.identity;
    this.known.delete(token);
    const payload = await this.verify(token);
    if (payload === undefined) return undefined;
    const identity = {
      name: String(payload.sub ?? payload['client_id'] ?? 'unnamed'),
      grants: this.grants(payload),
    };
    if (this.known.size >= REMEMBERED) this.known.clear();
    this.known.set(token, { identity, until: (payload.exp as number) * 1000 });
    return identity;
  }

  private async verify(token: string): Promise<JWTPayload | undefined> {
    const { issuer, audience } = this.options;
    try {
      const required = { issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp'] };
      return (await jwtVerify(token, await this.keysOf(), required)).payload;
    } catch (error) {
      const { code = '' } = error as { code?: string };
      // Not the token's fault: the keys could not be fetched.
      if (code === 'ERR_JWKS_TIMEOUT' || !code.startsWith('ERR_J')) throw error;
      return undefined;
    }
  }

  /** An issuer that can't be asked is asked again the next time. */
  private keysOf(): Promise<JWTVerifyGetKey> {
    const make = async () => {
      const url = this.options.keysUrl ?? (await discover(this.options.issuer));
      return createRemoteJWKSet(new URL(url), { timeoutDuration: TIMEOUT_MS });
    };
    this.keys ??= make().catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return this.keys;
  }

  private grants(payload: JWTPayload): Grants {
    const claim = payload[this.options.claim];
    const texts =
      typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim.map(String) : [];
    return new Grants(
      texts.filter((text) => text.startsWith(PREFIX)).map((text) => text.slice(PREFIX.length)),
    );
  }
}

async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { jwks_uri: keys } = (await response.json()) as { readonly jwks_uri?: unknown };
  if (typeof keys !== 'string') throw new Error(`${url} names no jwks_uri.`);
  return keys;
}
