/** A Tenon in this process of which each part can be broken, and mended, while it runs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryBus } from '@tenon/adapters-embedded';
import type { Host, Parts, ServiceName } from '@tenon/composition';
import { createParts, startHost } from '@tenon/composition';
import { Unavailable } from '@tenon/errors';
import type { Bus, Clock, EventLog, ProductStore } from '@tenon/ports';
import { createLogger, readSettings } from '@tenon/runtime';

type Method = (...args: never[]) => unknown;

/** What is broken just now. */
export class Switches {
  logAway = false;
  appendsRefused = false;
  storeAway = false;
  speedStoreAway = false;
  busAway = false;
  /** Records that the log says it has beyond those that it gives. */
  unseen = 0;
  /** Milliseconds that have passed beside the clock. */
  passed = 0;
}

/** Pauses of seconds, which are looks from time to time, take a twentieth. */
const LONG_MS = 2_000;
const QUICKER = 20;

function quickened(clock: Clock, switches: Switches): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() + switches.passed,
    sleep: (ms, signal) => clock.sleep(ms < LONG_MS ? ms : ms / QUICKER, signal),
  };
}

/** A part with some of its methods in another way. */
function altered<T extends object>(part: T, instead: Readonly<Record<string, (real: Method) => Method>>): T {
  return new Proxy(part, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const real = value.bind(target) as Method;
      return instead[String(name)]?.(real) ?? real;
    },
  });
}

function brokenLog<L extends EventLog>(log: L, switches: Switches): L {
  return altered(log, {
    endOffsets: (real) => async (topic: string) => {
      if (switches.logAway) throw new Unavailable('The log does not answer.');
      const ends = (await real(topic as never)) as Record<string, number>;
      const isRead = topic.startsWith('tenon.events.');
      return Object.fromEntries(
        Object.entries(ends).map(([one, end]) => [one, end + (isRead ? switches.unseen : 0)]),
      );
    },
    append:
      (real) =>
      async (...args) => {
        const isEvents = String(args[0]).startsWith('tenon.events.');
        if (switches.appendsRefused && isEvents) throw new Unavailable('No space left on device.');
        return real(...args);
      },
  });
}

function brokenStore(store: ProductStore, isAway: () => boolean): ProductStore {
  return altered(store, {
    snapshot:
      (real) =>
      async (...args) => {
        if (isAway()) throw new Unavailable('The store does not answer.');
        return real(...args);
      },
  });
}

export class FaultyTenon {
  readonly directory = mkdtempSync(join(tmpdir(), 'tenon-health-'));
  readonly switches = new Switches();
  readonly bus: Bus = createMemoryBus();
  parts!: Parts;
  private host!: Host;

  constructor(private readonly services: readonly ServiceName[]) {}

  get url(): string {
    return this.host.url;
  }

  file(name: string, text: string): void {
    const path = join(this.directory, 'catalog', name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }

  async start(): Promise<void> {
    const settings = readSettings({
      TENON_CATALOG: join(this.directory, 'catalog'),
      ...{ TENON_PORT: '0', TENON_CUT_EVERY: 'off' },
    });
    const logger = createLogger({ level: 'silent', name: 'tenon' });
    const data = join(this.directory, 'data');
    this.parts = this.alteredParts(createParts(settings, data, logger, 'tenon'));
    const options = { services: this.services, supervised: true, settings, data, logger };
    this.host = await startHost(options, this.parts);
  }

  async restart(meanwhile: () => void): Promise<void> {
    await this.host.stop();
    meanwhile();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.host.stop();
    await this.bus.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async post(path: string, lines: readonly string[] = []): Promise<number> {
    const headers = { 'content-type': 'application/x-ndjson' };
    const body = lines.join('\n');
    const request = { method: 'POST', ...(lines.length > 0 && { headers, body }) };
    return (await fetch(this.url + path, request)).status;
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(this.url + path);
    return { status: response.status, text: await response.text() };
  }

  private alteredParts(real: Parts): Parts {
    const { switches } = this;
    const clock = quickened(real.clock, switches);
    const bus = altered(this.bus, {
      connected: (ask) => () => !switches.busAway && ask(),
      // It outlives a restart.
      close: () => async () => undefined,
    });
    const stores = new Map<ProductStore, ProductStore>();
    // Parts that are one stay one.
    const once = (store: ProductStore, isAway: () => boolean) => {
      const known = stores.get(store) ?? brokenStore(store, isAway);
      stores.set(store, known);
      return known;
    };
    const log = real.log().then((one) => brokenLog(one, switches));
    return {
      ...real,
      clock,
      log: () => log,
      bus: async () => bus,
      store: async (layer) =>
        once(await real.store(layer), () =>
          layer === 'speed' ? switches.speedStoreAway : switches.storeAway,
        ),
    };
  }
}
