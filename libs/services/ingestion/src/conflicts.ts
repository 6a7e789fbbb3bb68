/** The same (source, id) with other data within one call: the two can't both be meant. */
import type { Prepared } from './intake';
import { Rejection } from './rejection';

/** Ids remembered at least; twice as many at most. A stream may be endless, memory is not. */
const REMEMBERED = 50_000;

export class Conflicts {
  private recent = new Map<string, string>();
  private older = new Map<string, string>();

  /** @returns a rejection if the call has had this id with other data; the same data is a repeat, and is taken */
  check({ identity, digest }: Prepared): Rejection | null {
    if (identity === null) return null;
    const known = this.recent.get(identity) ?? this.older.get(identity);
    if (known === undefined) {
      if (this.recent.size >= REMEMBERED) {
        this.older = this.recent;
        this.recent = new Map();
      }
      this.recent.set(identity, digest);
      return null;
    }
    if (known === digest) return null;
    const id = identity.slice(identity.indexOf('\n') + 1);
    return new Rejection(
      422,
      'id-conflict',
      `This call holds another event with the same source and id (${id.slice(0, 100)}) and other data.`,
    );
  }
}
