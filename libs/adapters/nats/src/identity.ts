/** Where NATS is and who a client is there, as the library takes them. */
import { credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node';

export interface NatsIdentity {
  /** One or more servers, separated by commas; user and password or token may stand in it. */
  readonly url: string;
  /** Certificates and keys, PEM: of the authority, and what the server shall know this client by. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** What a `.creds` file holds. */
  readonly creds?: string;
  /** The seed of a user nkey. */
  readonly nkeySeed?: string;
}

/** @throws TypeError for a URL that is none */
export function connectionOf({ url, tls, creds, nkeySeed }: NatsIdentity) {
  const { servers, credentials } = parseUrl(url);
  const bytes = (text: string) => new TextEncoder().encode(text);
  return {
    servers,
    ...credentials,
    ...(tls !== undefined && { tls }),
    ...(creds !== undefined && { authenticator: credsAuthenticator(bytes(creds)) }),
    ...(nkeySeed !== undefined && { authenticator: nkeyAuthenticator(bytes(nkeySeed)) }),
  };
}

function parseUrl(text: string) {
  const urls = text.split(',').map((one) => new URL(one.includes('://') ? one : `nats://${one}`));
  const [first] = urls as [URL];
  const user = decodeURIComponent(first.username);
  const pass = decodeURIComponent(first.password);
  return {
    servers: urls.map(({ host, protocol }) => (protocol === 'tls:' ? `tls://${host}` : host)),
    credentials: user === '' ? {} : pass === '' ? { token: user } : { user, pass },
  };
}

/** For people: the servers, without who somebody is there. */
export const placeOf = ({ url }: Pick<NatsIdentity, 'url'>): string => parseUrl(url).servers.join(',');
