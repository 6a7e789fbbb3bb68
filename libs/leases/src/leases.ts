/**
 * Leases in the product store: of several instances, one does a piece of work at a time. They save work and keep nothing
 * right: an owner that was paused may go on beside its successor, so whatever the work writes must be harmless twice.
 */
import type { LeaseDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import type { Clock, Logger, ProductStore, StoreTransaction } from '@tenon/ports';
import type { Sighting } from './judge';
import { judgeLease } from './judge';

export interface LeaseDeps {
  readonly store: Pick<ProductStore, 'transact'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of this instance; unlike that of any other, and of its own earlier life. */
  readonly owner: string;
  /** An owner that does not renew for this long has lost its leases, milliseconds. */
  readonly ttlMs: number;
}

export interface Lease {
  readonly name: string;
  /** Aborts once the lease is lost: what is under way is somebody else's now. */
  readonly lost: AbortSignal;
  /** Whether it is still this owner's, as of a transaction: what that writes is then written by no zombie. */
  isHeldIn(tx: Pick<StoreTransaction, 'get'>): Promise<boolean>;
  /** Gives it up, so that others need not wait; never rejects. */
  release(): Promise<void>;
}

export interface LeasesStatus {
  readonly held: readonly string[];
  /** Leases of others, as last seen. */
  readonly others: readonly string[];
}

export interface Leases {
  /** @returns the lease, renewed until it is released or lost; null while another instance has it @throws Unavailable */
  take(name: string): Promise<Lease | null>;
  status(): LeasesStatus;
  /** Releases all that are held. */
  close(): Promise<void>;
}

/** A renewal may fail twice before the lease is lost. */
const RENEWALS_PER_TTL = 4;

export function createLeases(deps: LeaseDeps): Leases {
  return new StoredLeases(deps);
}

class StoredLeases implements Leases {
  private readonly held = new Map<string, HeldLease>();
  private readonly sightings = new Map<string, Sighting>();

  constructor(private readonly deps: LeaseDeps) {}

  async take(name: string): Promise<Lease | null> {
    const known = this.held.get(name);
    if (known !== undefined) return known;
    const { store, clock, logger, owner, ttlMs } = this.deps;
    const seen = this.sightings.get(name);
    const took = await store.transact(async (tx) => {
      const document = await read(tx, name);
      const verdict = judgeLease(document, owner, seen, clock.monotonic(), ttlMs);
      if (!verdict.free) return verdict;
      write(tx, name, owner, document);
      return { ...verdict, from: document?.owner ?? null };
    });
    if (!took.free) {
      this.sightings.set(name, took.sighting);
      return null;
    }
    this.sightings.delete(name);
    if (took.from !== null && took.from !== owner)
      logger.warn({ lease: name, from: took.from }, 'a lease was taken over: its owner is silent');
    const lease = new HeldLease(this.deps, name, () => this.held.delete(name));
    this.held.set(name, lease);
    return lease;
  }

  status(): LeasesStatus {
    return { held: [...this.held.keys()], others: [...this.sightings.keys()] };
  }

  async close(): Promise<void> {
    await Promise.all([...this.held.values()].map((lease) => lease.release()));
  }
}

class HeldLease implements Lease {
  private readonly losing = new AbortController();
  private readonly ending = new AbortController();
  private readonly renewing: Promise<void>;

  constructor(
    private readonly deps: LeaseDeps,
    readonly name: string,
    private readonly forget: () => void,
  ) {
    this.renewing = this.renew();
  }

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  async isHeldIn(tx: Pick<StoreTransaction, 'get'>): Promise<boolean> {
    return (await read(tx, this.name))?.owner === this.deps.owner;
  }

  private async renew(): Promise<void> {
    const { clock, logger, ttlMs } = this.deps;
    const { signal } = this.ending;
    let renewedAt = clock.monotonic();
    for (;;) {
      await clock.sleep(ttlMs / RENEWALS_PER_TTL, signal);
      if (signal.aborted) return;
      try {
        const before = clock.monotonic();
        if (!(await this.passTo(this.deps.owner))) break;
        renewedAt = before;
      } catch (error) {
        logger.warn({ error, lease: this.name }, 'a lease could not be renewed');
        // Others may have taken it by now.
        if (clock.monotonic() - renewedAt > ttlMs) break;
      }
    }
    if (signal.aborted) return;
    logger.warn({ lease: this.name }, 'a lease was lost');
    this.forget();
    this.losing.abort();
  }

  async release(): Promise<void> {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    await this.renewing;
    this.forget();
    if (this.losing.signal.aborted) return;
    await this.passTo(null).catch((error: unknown) => {
      this.deps.logger.warn({ error, lease: this.name }, 'a lease could not be released: it runs out');
    });
  }

  /** @returns false if it is another's by now: nothing was written */
  private passTo(owner: string | null): Promise<boolean> {
    return this.deps.store.transact(async (tx) => {
      const document = await read(tx, this.name);
      if (document?.owner !== this.deps.owner) return false;
      write(tx, this.name, owner, document);
      return true;
    });
  }
}

const read = (tx: Pick<StoreTransaction, 'get'>, name: string) => tx.get<LeaseDocument>('meta', STORE_KEYS.lease(name));

/** Counts on from what the store has, since a renewal whose answer was lost has counted too. */
function write(
  tx: StoreTransaction,
  name: string,
  owner: string | null,
  before: LeaseDocument | undefined,
): void {
  const document: LeaseDocument = { owner, counter: (before?.counter ?? 0) + 1 };
  tx.put('meta', STORE_KEYS.lease(name), document);
}
