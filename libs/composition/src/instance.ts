/** What a process says of itself and of each of its services. */
import { hostname } from 'node:os';
import { WIRE_VERSION } from '@tenon/contracts';
import type { Clock } from '@tenon/ports';
import type { PartitionLag, Supervised } from '@tenon/runtime';
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
}

/** @returns a function that says how each service is just now */
export function describeSelf({ instance, clock, services, catalog, lags }: Self): () => ServiceState[] {
  const began = clock.monotonic();
  return () =>
    services().map((service) => {
      const running = service.current();
      const { ok, reason, degraded } = service.readiness();
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
        ready: ok,
        ...(reason !== undefined && { reason }),
        ...(degraded !== undefined && { degraded }),
        restarts: service.restarts(),
        ...(readings !== undefined && {
          partitions: Object.fromEntries(readings.map(({ topic, next }) => [topic, next])),
        }),
        ...(mine.length > 0 && { lag: mine.reduce((sum, { lag }) => sum + lag, 0) }),
        ...running.status(),
      };
    });
}
