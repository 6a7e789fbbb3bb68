/** Signing in from the page: an EventSource can't send headers, so its token travels in a cookie that scripts can't read. */
import { HttpProblem } from '@tenon/errors';
import type { Route } from '@tenon/ports';
import { z } from 'zod';
import type { Guard } from './guard';
import { SESSION_COOKIE } from './guard';

const BODY = z.strictObject({
  token: z
    .string()
    .max(8192)
    .regex(/^[\x21-\x7e]*$/),
});

/** `POST /v1/session` with `{ token }`: 204 and the cookie; an empty token ends the session. */
export function sessionRoute(guard: Pick<Guard, 'identify'>, secure: boolean): Route {
  const cookie = (value: string, age: number) =>
    `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure ? '; Secure' : ''}`;
  return {
    method: 'POST',
    path: '/v1/session',
    query: [],
    handle: async (request) => {
      const { token } = parsed(await request.readBody(16_384));
      if (token === '') return { status: 204, headers: { 'set-cookie': cookie('', 0) } };
      if ((await guard.identify(token)) === undefined)
        throw new HttpProblem(401, 'unauthenticated', 'The token is not known, or not good any more.');
      return { status: 204, headers: { 'set-cookie': cookie(token, 43_200), 'cache-control': 'no-store' } };
    },
  };
}

function parsed(body: Uint8Array): { readonly token: string } {
  try {
    return BODY.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    throw new HttpProblem(400, 'bad-request', 'The body is no { "token": "…" }.');
  }
}
