/** What a process says of itself and of each of its services. */
import { hostname } from 'node:os';
import { WIRE_VERSION } from '@tenon/contracts';
import type { Problem } from '@tenon/domain';
import type { Clock } from '@tenon/ports';
import type { PartitionLag, Supervised } from '@tenon/runtime';
import type { RefusedLately } from '@tenon/service-ingestion';
import type { LoadedCatalog } from './catalog';
import { version } from './version';

let named = 0;

/** Host and process; where one process holds several (as in tests), with a number too. */
export function nameInstance(): string {
  named += 1;
  return `${hostname()}/${process.pid}${named === 1 ? '' : `/${named}`}`;
}

/** One service of one instance; beside these, facts for people, which may change. */
export interface ServiceState {
  readonly name: string;
  readonly instance: string;
  readonly version: string;
  /** The edition of the wire that it writes (docs/wire.md). */
  readonly wire: number;
  /** Seconds since the process was up. */
  readonly uptime: number;
  /** The fingerprint of the catalog that it runs, and since when. */
  readonly catalog: string;
  readonly catalogSince: string;
  readonly ready: boolean;
  readonly reason?: string;
  /** What of it stands still while the rest goes on. */
  readonly degraded?: readonly string[];
  readonly restarts: number;
  /** Its last failure within the last hour. */
  readonly failed?: { readonly at: string; readonly reason: string };
  /** Why its process should be started again. */
  readonly stuck?: string;
  /** Why its process goes on with an older catalog than the directory has. */
  readonly catalogRefused?: string;
  /** Ingestion: dead letters of the last minutes that nobody has settled. */
  readonly refusedLately?: readonly RefusedLately[];
  /** Topic → partition that it holds → the offset that it reads next. */
  readonly partitions?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Records of these that it has yet to read, as of the last look. */
  readonly lag?: number;
}

export interface Self {
  readonly instance: string;
  readonly clock: Clock;
  readonly services: () => readonly Supervised[];
  readonly catalog: () => LoadedCatalog;
  readonly lags: () => readonly PartitionLag[];
  /** What the services need and do not have just now. */
  readonly troubles: () => readonly string[];
  readonly stuck: () => string | null;
  /** Why the catalog's directory was refused when it was read last. */
  readonly refused: () => readonly Problem[];
}

/** @returns a function that says how each service is just now */
export function describeSelf(self: Self): () => ServiceState[] {
  const { instance, clock, services, catalog, lags } = self;
  const began = clock.monotonic();
  return () => {
    const missing = self.troubles();
    const stuck = self.stuck();
    const [refused] = self.refused();
    return services().map((service) => {
      const running = service.current();
      const { ok, reason = missing[0], degraded } = service.readiness();
      const failed = service.lastFailure();
      const readings = running.readings?.();
      const mine = lags().filter((one) => one.service === service.name);
      const { fingerprint, readAt } = catalog();
      return {
        name: service.name,
        instance,
        version,
        wire: WIRE_VERSION,
        uptime: Math.round((clock.monotonic() - began) / 1000),
        catalog: fingerprint,
        catalogSince: new Date(readAt).toISOString(),
        ready: ok && missing.length === 0,
        ...(reason !== undefined && { reason }),
        ...(degraded !== undefined && { degraded }),
        restarts: service.restarts(),
        ...(failed !== null && {
          failed: { at: new Date(failed.at).toISOString(), reason: failed.reason },
        }),
        ...(stuck !== null && { stuck }),
        ...(refused !== undefined && { catalogRefused: `${refused.message} [${refused.code}]` }),
        ...(readings !== undefined && {
          partitions: Object.fromEntries(readings.map(({ topic, next }) => [topic, next])),
        }),
        ...(mine.length > 0 && { lag: mine.reduce((sum, { lag }) => sum + lag, 0) }),
        ...running.status(),
      };
    });
  };
}
