/** Streamed answers that are open: as many as one server bears, and of one address never so many that others get none. */
import { HttpProblem } from '@tenon/errors';
import type { HttpLimits } from './limits';

export class OpenStreams {
  private readonly perAddress = new Map<string, number>();
  size = 0;

  constructor(private readonly limits: Pick<HttpLimits, 'maxStreams' | 'maxStreamsPerAddress'>) {}

  /** @returns what is called once the stream has ended. @throws HttpProblem 503 or 429 `too-many-streams` */
  enter(address: string): () => void {
    const { maxStreams, maxStreamsPerAddress } = this.limits;
    const mine = this.perAddress.get(address) ?? 0;
    if (mine >= maxStreamsPerAddress)
      throw full(429, `Your address has ${mine} streams open here (TENON_MAX_STREAMS_PER_ADDRESS).`);
    if (this.size >= maxStreams) throw full(503, 'Too many streams are open here (TENON_MAX_STREAMS).');
    this.size += 1;
    this.perAddress.set(address, mine + 1);
    return () => {
      this.size -= 1;
      const left = (this.perAddress.get(address) ?? 1) - 1;
      if (left > 0) this.perAddress.set(address, left);
      else this.perAddress.delete(address);
    };
  }
}

const full = (status: 429 | 503, detail: string) =>
  new HttpProblem(status, 'too-many-streams', detail, {}, { 'retry-after': '5' });
