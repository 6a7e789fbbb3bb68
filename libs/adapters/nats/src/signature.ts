/**
 * Messages of who holds the deployment's secret: HMAC-SHA256 (RFC 2104) over subject, time and payload. A stranger on the same
 * server can neither order a cut nor answer for an instance; one who overhears can repeat a message for a minute.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Msg } from '@nats-io/transport-node';

const AT = 'tenon-at';
const SIGNATURE = 'tenon-signature';
/** What clocks of a deployment may differ by, and a message may take, milliseconds. */
const LIFETIME_MS = 60_000;

export class Signatures {
  constructor(
    private readonly secret: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** The headers that a message is to carry. */
  headersFor(subject: string, payload: string): Readonly<Record<string, string>> {
    const at = String(this.now());
    return { [AT]: at, [SIGNATURE]: this.sign(subject, at, payload).toString('base64url') };
  }

  /** Why a message is not to be heard; null where it is. */
  problemOf({ subject, headers, data }: Pick<Msg, 'subject' | 'headers' | 'data'>): string | null {
    const at = headers?.get(AT) ?? '';
    const given = Buffer.from(headers?.get(SIGNATURE) ?? '', 'base64url');
    if (at === '' || given.length === 0) return 'it is not signed';
    const wanted = this.sign(subject, at, data);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      return 'it is signed with another secret';
    const age = Math.abs(this.now() - Number(at));
    return age <= LIFETIME_MS
      ? null
      : 'it was signed more than a minute ago, or by a clock that differs so far';
  }

  private sign(subject: string, at: string, payload: string | Uint8Array): Buffer {
    return createHmac('sha256', this.secret).update(`${subject}\n${at}\n`).update(payload).digest();
  }
}
