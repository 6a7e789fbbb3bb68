/** The embedded parts below the services of a long run, in a directory of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFileEventLog,
  createFileLake,
  createIds,
  createLmdbProductStore,
  createMemoryBus,
  systemClock,
} from '@tenon/adapters-embedded';
import { createEngine } from '@tenon/engine';
import type { Bus, Clock, Engine, EventLog, Ids, Lake, ProductStore } from '@tenon/ports';

export interface Parts {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly store: ProductStore;
  readonly lake: Lake;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Small, so that the log has soon deleted what all have read. */
const SEGMENT_BYTES = 64 << 10;

export async function openParts(): Promise<{ parts: Parts; close: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-memory-'));
  // However the process ends.
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const at = (folder: string) => ({ directory: join(directory, folder) });
  const log = prompt(createFileEventLog({ ...at('log'), clock: systemClock, segmentBytes: SEGMENT_BYTES }));
  const bus = createMemoryBus();
  const store = createLmdbProductStore(at('store'));
  const engine = await createEngine({ threads: 1 });
  return {
    parts: {
      log,
      bus,
      store,
      lake: createFileLake(at('lake')),
      engine,
      clock: systemClock,
      ids: createIds(),
    },
    close: async () => {
      await engine.close();
      await store.close();
      await bus.close();
      await log.close();
    },
  };
}

/** A log that lets nobody wait for company: a round is waited for to its end. */
const prompt = (log: EventLog): EventLog =>
  overriding(log, { consume: (options) => log.consume({ ...options, latency: 'low' }) });

/** The same parts, but what is appended, polled or scanned is kept: a leak as a service may have. */
export function leaking(parts: Parts): Parts {
  const kept: unknown[] = [];
  const keep = <T>(one: T): T => {
    kept.push(one);
    return one;
  };
  const { log, store } = parts;
  return {
    ...parts,
    log: overriding(log, {
      append: (topic, records, options) => log.append(topic, keep(records), options),
      consume: async (options) => {
        const consumer = await log.consume(options);
        return overriding(consumer, { poll: async (asked) => keep(await consumer.poll(asked)) });
      },
    }),
    store: overriding(store, {
      snapshot: (read) =>
        store.snapshot((snapshot) =>
          read(
            overriding(snapshot, {
              scan: async function* <T>(...[table, range]: Parameters<typeof snapshot.scan>) {
                for await (const chunk of snapshot.scan<T>(table, range)) yield keep(chunk);
              },
            }),
          ),
        ),
    }),
  };
}

/** An object with some methods in place of its own. */
function overriding<T extends object>(one: T, methods: Partial<T>): T {
  return new Proxy(one, {
    get: (target, name) => {
      const given = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof given === 'function' ? given.bind(target) : given;
    },
  });
}
