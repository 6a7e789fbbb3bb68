/**
 * What a web page that somebody visits may do with a Tenon that its browser can reach: nothing, unless its origin is
 * named. Browsers say where a page is from (`Host`, `Origin`, `Sec-Fetch-*`), and a page can't change that.
 */
import { isIP } from 'node:net';
import { HttpProblem } from '@tenon/errors';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface BrowserAccess {
  /**
   * Names, without a port, under which this server is asked, besides `localhost` and addresses: `tenon.example`,
   * `*.tenon.example`; `*` for any.
   */
  readonly hosts: readonly string[];
  /** Origins of pages that may read and act here, e.g. `https://board.example`. */
  readonly origins: readonly string[];
}

/** Every answer says these, whatever it is. */
export const SAFE_HEADERS = { 'x-content-type-options': 'nosniff' } as const;

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Answers' headers that a page of another origin may read. */
const EXPOSED = 'x-correlation-id, tenon-answer, tenon-next, etag, retry-after';

/** Names that were let in are remembered, so that the hot path compares one text; as many as this. */
const REMEMBERED = 100;

export class Browsers {
  private readonly hosts: readonly string[];
  private readonly origins: ReadonlySet<string>;
  private readonly known = new Set<string>();

  constructor({ hosts = [], origins = [] }: Partial<BrowserAccess> = {}) {
    this.hosts = hosts.map((host) => host.toLowerCase());
    this.origins = new Set(origins.map((origin) => origin.toLowerCase()));
  }

  /** Why a request is refused, if it is: 403 `host-not-allowed` or `origin-not-allowed`. */
  refusalOf({ method = 'GET', headers }: IncomingMessage): HttpProblem | undefined {
    const { host, origin } = headers;
    if (host !== undefined && !this.answersTo(host)) {
      return new HttpProblem(403, 'host-not-allowed', `This is no name of this Tenon: ${printable(host)}.`, {
        hint: 'Ask by localhost or an address, or name the host in TENON_HOSTS.',
      });
    }
    if (origin !== undefined && !READS.has(method) && !this.isOurs(origin, host)) return foreign(origin);
    return this.isForeignFetch(headers, method) ? foreign(origin ?? 'another site') : undefined;
  }

  /** What an answer to a page of a named origin has to say; nothing for anyone else. */
  corsOf(headers: IncomingHttpHeaders): Readonly<Record<string, string>> | undefined {
    const { origin } = headers;
    if (origin === undefined || !this.origins.has(origin.toLowerCase())) return undefined;
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
      vary: 'origin',
    };
  }

  /** A preflight's answer, without that of `corsOf`; undefined where the request is none. */
  preflightOf({ method, headers }: IncomingMessage): Readonly<Record<string, string>> | undefined {
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return undefined;
    const asked = headers['access-control-request-headers'] ?? '';
    return {
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-max-age': '600',
      ...(/^[\w-]+(\s*,\s*[\w-]+)*$/.test(asked) && { 'access-control-allow-headers': asked }),
    };
  }

  /** An address can't be rebound to another one, a name of somebody else's can. */
  private answersTo(host: string): boolean {
    if (this.known.has(host)) return true;
    const name = nameOf(host);
    const allowed =
      isIP(name) > 0 ||
      name === 'localhost' ||
      name.endsWith('.localhost') ||
      this.hosts.some((one) =>
        one.startsWith('*.') ? name.endsWith(one.slice(1)) : one === '*' || one === name,
      );
    if (allowed && this.known.size < REMEMBERED) this.known.add(host);
    return allowed;
  }

  private isOurs(origin: string, host: string | undefined): boolean {
    if (this.origins.has(origin.toLowerCase())) return true;
    const at = origin.indexOf('://');
    // Behind a proxy that ends TLS the scheme is another one; the name and the port are ours all the same.
    return at > 0 && host !== undefined && bare(origin.slice(at + 3)) === bare(host);
  }

  /** A page elsewhere that loads, opens a stream or posts; following a link to here is none of these. */
  private isForeignFetch(headers: IncomingHttpHeaders, method: string): boolean {
    if (headers['sec-fetch-site'] !== 'cross-site') return false;
    if (headers['sec-fetch-mode'] === 'navigate' && READS.has(method))
      return headers['sec-fetch-dest'] !== 'document';
    return !this.origins.has(headers.origin?.toLowerCase() ?? '');
  }
}

/** `[::1]:80` → `::1`, `Tenon.Example.:80` → `tenon.example`. */
function nameOf(host: string): string {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');
  return name.toLowerCase().replace(/\.$/, '');
}

/** Host and port, without a port that goes without saying. */
const bare = (host: string) => host.toLowerCase().replace(/:(80|443)$/, '');

const foreign = (origin: string) =>
  new HttpProblem(
    403,
    'origin-not-allowed',
    `A page of ${printable(origin)} may not do this here: its origin is not named.`,
    { hint: 'Origins of pages that may are named in TENON_ORIGINS.' },
  );

const printable = (text: string) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
