/** Whoever comes in is known, and may do what he asks for. */
import { HttpProblem } from '@tenon/errors';
import type { Logger, Route } from '@tenon/ports';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BearerJwt } from './bearer-jwt';
import type { Need } from './grants';
import { needOf } from './needs';
import type { Identity, StaticTokens } from './static-tokens';

/** How a page that can't send headers carries its token; see `sessionRoute`. */
export const SESSION_COOKIE = 'tenon-token';

export interface Asked {
  readonly route: Pick<Route, 'method' | 'path'>;
  readonly params: Readonly<Record<string, string>>;
  readonly request: Pick<IncomingMessage, 'headers' | 'method' | 'url'>;
  readonly response: Pick<ServerResponse, 'once' | 'statusCode'>;
  readonly correlationId: string;
}

export interface Guard {
  /** @returns who asks; undefined where anybody may. @throws HttpProblem 401 `unauthenticated`, 403 `not-allowed`, 503 `keys-unavailable` */
  admit(asked: Asked): Promise<Identity | undefined>;
  /** Who a token is of. */
  identify(token: string): Promise<Identity | undefined>;
  close(): void;
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="tenon"' };
/** No token is longer; what is longer is not looked at. */
const LONGEST_TOKEN = 8192;

export function createGuard(
  { tokens, jwt }: { readonly tokens?: StaticTokens; readonly jwt?: BearerJwt },
  logger: Logger,
): Guard {
  const identify = async (token: string): Promise<Identity | undefined> => {
    const known = tokens?.identify(token);
    // Three parts with dots between: anything else is no JWT, and need not be asked about.
    if (known !== undefined || jwt === undefined || token.split('.').length !== 3) return known;
    try {
      return await jwt.identify(token);
    } catch (error) {
      logger.warn({ error }, 'the keys that tokens are signed with can’t be had');
      throw new HttpProblem(
        503,
        'keys-unavailable',
        'The keys that tokens are signed with can’t be had just now.',
        {},
        {
          'retry-after': '5',
        },
      );
    }
  };
  return {
    identify,
    close: () => tokens?.close(),
    admit: async (asked) => {
      const need = needOf(asked.route, asked.params);
      if (need === null) return undefined;
      const token = tokenOf(asked.request.headers);
      const identity = token === undefined ? undefined : await identify(token);
      if (identity === undefined) throw unauthenticated(token !== undefined);
      if (!identity.grants.allow(need)) throw notAllowed(identity, need);
      if (need.role === 'operate') audit(logger, identity, asked);
      return identity;
    },
  };
}

function tokenOf({ authorization, cookie }: IncomingMessage['headers']): string | undefined {
  const bearer = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
  const token = bearer ?? (authorization === undefined ? cookieOf(cookie ?? '') : undefined);
  return token === undefined || token.length > LONGEST_TOKEN ? undefined : token;
}

const cookieOf = (cookies: string) =>
  cookies
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${SESSION_COOKIE}=`))
    ?.slice(SESSION_COOKIE.length + 1);

const unauthenticated = (given: boolean) =>
  new HttpProblem(
    401,
    'unauthenticated',
    given ? 'The token is not known, or not good any more.' : 'This needs a token.',
    { hint: 'Send Authorization: Bearer TOKEN; commands take --token, TENON_TOKEN or TENON_TOKEN_FILE.' },
    CHALLENGE,
  );

const notAllowed = ({ name }: Identity, { role, of }: Need) =>
  new HttpProblem(
    403,
    'not-allowed',
    `${name} may not do this: it needs ${of === undefined ? role : `${role}:${of}`}.`,
    {
      hint: 'Who runs this Tenon grants it, in the file of tokens or at the issuer.',
    },
  );

/** One line for each act of `operate`, once it is known what came of it. */
function audit(logger: Logger, { name }: Identity, { request, response, correlationId }: Asked): void {
  const { method, url = '' } = request;
  if (method !== 'POST') return;
  const act = `${method} ${url.split('?')[0]}`;
  response.once('finish', () =>
    logger.info({ audit: true, who: name, act, status: response.statusCode, correlationId }, 'audit'),
  );
}
