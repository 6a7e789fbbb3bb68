/** Headers that say which answer one is. */
import type { RowsFormat } from '@tenon/contracts';
import { MEDIA_TYPES } from './format';

export interface RowsHeaders extends Readonly<Record<string, string>> {
  readonly etag: string;
}

interface HeadersOfTag {
  readonly tag: string;
  /** Of an answer with its rows. */
  readonly whole: RowsHeaders;
  /** Of one that says that its asker has them already (RFC 9110, section 15.4.5). */
  readonly unchanged: RowsHeaders;
}

/** Of a format; those of the latest tag are kept, which most ask for. */
export class RowsHeadersOf {
  private latest: HeadersOfTag | null = null;

  constructor(private readonly format: RowsFormat) {}

  /** @param tag see `Envelopes.tag` */
  of(tag: string): HeadersOfTag {
    if (this.latest?.tag !== tag) this.latest = this.make(tag);
    return this.latest;
  }

  private make(tag: string): HeadersOfTag {
    const { format } = this;
    const unchanged = {
      etag: `W/"${tag}${format === 'json' ? '' : `-${format}`}"`,
      'cache-control': 'no-cache',
      vary: 'accept, accept-encoding',
    };
    return { tag, unchanged, whole: { 'content-type': MEDIA_TYPES[format], ...unchanged } };
  }
}
