/**
 * The parts that the services of a process share, one of each: on the servers that the settings name, else embedded in
 * the data directory. Each is opened when a service first asks for it, so a process holds only what it uses.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  createFileEventLog,
  createFileLake,
  createIds,
  createLmdbProductStore,
  createMemoryBus,
  openDataDirectory,
  systemClock,
} from '@tenon/adapters-embedded';
import { isPointerKey } from '@tenon/contracts';
import { createEngine } from '@tenon/engine';
import { PassedOver } from '@tenon/telemetry';
import type {
  Bus,
  Clock,
  Engine,
  EventLog,
  Ids,
  Lake,
  Logger,
  ProductStore,
  TopicRemover,
} from '@tenon/ports';
import type { DiskPlace, Settings, Tracing } from '@tenon/runtime';
import { createTracing } from '@tenon/runtime';
import { adapters } from './adapters';
import { checkedBus } from './checked-bus';
import { kafkaOptions } from './kafka-options';
import { lazyStore } from './lazy-store';
import { natsOptions } from './nats-options';
import { version } from './version';

export interface Parts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly tracing: Tracing;
  /** What was read from servers and is no message of Tenon's. */
  readonly passedOver: PassedOver;
  log(): Promise<EventLog & TopicRemover>;
  bus(): Promise<Bus>;
  /**
   * @param layer of products whose layers are in stores of their own; absent: of all others, and of what is no product's. A
   * layer's store that can't be reached yet is there all the same, and is opened once it can be asked.
   */
  store(layer?: 'batch' | 'speed'): Promise<ProductStore>;
  lake(): Promise<Lake>;
  engine(): Promise<Engine>;
  /** Ends what the engine runs, whatever it does. */
  interrupt(): Promise<void>;
  /** What `store()` is called among the parts. */
  readonly home: PartName;
  /** Where the parts that were asked for write to a disk of this machine. */
  places(): readonly DiskPlace[];
  /** The parts that were asked for. */
  opened(): readonly PartName[];
  /** Closes what was opened, the last first. */
  close(): Promise<void>;
}

const PARTS = ['log', 'bus', 'store', 'batch-store', 'speed-store', 'lake', 'engine'] as const;
export type PartName = (typeof PARTS)[number];

interface Closable {
  close(): Promise<void>;
}

/** The URL of each store; undefined: embedded. `home` is the one that a process is registered in. */
function storeUrls({
  TENON_LAYER: layer,
  TENON_MONGODB_URL: url,
  TENON_BATCH_STORE: batch = url,
  TENON_SPEED_STORE: speed = url,
}: Settings) {
  const urls = { store: url, 'batch-store': batch, 'speed-store': speed };
  // A process of one layer needs no store but this layer's.
  const home = layer === 'batch' || layer === 'speed' ? (`${layer}-store` as const) : ('store' as const);
  return { ...urls, home };
}

/**
 * @param data the data directory; touched only by an embedded part
 * @param name what servers shall call this client
 * @param environment says whether there are traces; absent: there are none
 * @param segmentBytes of the embedded log, which lets whole segments go; absent: its own
 */
export function createParts(
  settings: Settings,
  data: string,
  logger: Logger,
  name: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  segmentBytes?: number,
): Parts {
  const known = new Map<string, Promise<unknown>>();
  const opened: Closable[] = [];

  const once = <T>(part: string, open: () => Promise<T>): Promise<T> => {
    let opening = known.get(part) as Promise<T> | undefined;
    if (opening === undefined) {
      opening = open();
      known.set(part, opening);
      // Who asks for it later may find it there.
      opening.catch(() => known.delete(part));
    }
    return opening;
  };
  const keep = <T extends Closable>(part: T): T => {
    opened.push(part);
    return part;
  };
  /** A folder of the data directory, which is locked for this process first. */
  const folder = async (part: PartName) => {
    await once('directory', async () => keep(await openDataDirectory(data)));
    return join(data, part);
  };

  const { TENON_KAFKA_BROKERS, TENON_NATS_URL, TENON_MONGODB_URL, TENON_LAKE } = settings;
  const { TENON_ENGINE_THREADS: threads, TENON_ENGINE_MEMORY: memoryLimit } = settings;

  const { TENON_MONGODB_CA: caFile, TENON_MONGODB_CERT: certFile } = settings;

  const passedOver = new PassedOver(logger);

  const openLog = async (): Promise<EventLog & TopicRemover> => {
    if (TENON_KAFKA_BROKERS === undefined)
      return createFileEventLog({
        ...{ directory: await folder('log'), clock: systemClock },
        ...(segmentBytes !== undefined && { segmentBytes }),
      });
    return adapters.kafka().createKafkaEventLog({
      ...kafkaOptions(settings),
      ...{ clientId: name, logger },
      unreadable: () => passedOver.count('batch'),
    });
  };
  const openBus = async (): Promise<Bus> =>
    TENON_NATS_URL === undefined
      ? createMemoryBus()
      : checkedBus(
          await adapters.nats().createNatsBus({ ...natsOptions(settings), name, logger }),
          passedOver,
        );
  const urls = storeUrls(settings);
  const openMongo = (url: string): Promise<ProductStore> =>
    adapters.mongodb().createMongoProductStore({
      url,
      isShared: isPointerKey,
      ...(caFile !== undefined && { caFile }),
      ...(certFile !== undefined && { certFile }),
    });
  const openStore = async (part: 'store' | 'batch-store' | 'speed-store'): Promise<ProductStore> => {
    const url = urls[part];
    if (url === undefined) return createLmdbProductStore({ directory: await folder(part) });
    // Without the one that the process is registered in it can't start; a layer's may be away.
    return part === urls.home ? openMongo(url) : lazyStore(() => openMongo(url));
  };
  /** Parts with one URL are one part. */
  const storePart = (layer?: 'batch' | 'speed') => {
    const part = layer === undefined ? urls.home : (`${layer}-store` as const);
    const same = ([urls.home, 'batch-store', 'speed-store'] as const).find(
      (one) => urls[one] !== undefined && urls[one] === urls[part],
    );
    return same ?? part;
  };

  const tracing = createTracing({
    environment,
    logger,
    clock: systemClock,
    version,
    instance: `${hostname()}/${process.pid}`,
    systems: {
      log: TENON_KAFKA_BROKERS === undefined ? 'tenon' : 'kafka',
      bus: TENON_NATS_URL === undefined ? 'tenon' : 'nats',
      store: TENON_MONGODB_URL === undefined ? 'lmdb' : 'mongodb',
    },
  });

  return {
    home: urls.home,
    clock: systemClock,
    ids: createIds(),
    passedOver,
    logger,
    tracing,
    log: () => once('log', async () => keep(await openLog())),
    bus: () => once('bus', async () => keep(await openBus())),
    store: (layer) => {
      const part = storePart(layer);
      return once(part, async () => keep(await openStore(part)));
    },
    // In a data directory, which this process has alone, whatever is left over is of a process that has ended.
    lake: () =>
      once('lake', async () =>
        TENON_LAKE === undefined
          ? createFileLake({ directory: await folder('lake'), leftAfterMs: 0 })
          : createFileLake({ directory: TENON_LAKE }),
      ),
    engine: () =>
      once('engine', async () =>
        keep(
          await createEngine({
            ...(threads !== undefined && { threads }),
            ...(memoryLimit !== undefined && { memoryLimit }),
            maxRowsPerEvent: settings.TENON_MAX_ROWS_PER_EVENT,
            planning: {
              mostMs: settings.TENON_MAX_PLANNING,
              memoryLimit: settings.TENON_MAX_PLANNING_MEMORY,
            },
          }),
        ),
      ),
    interrupt: async () => ((await known.get('engine')) as Engine | undefined)?.interrupt(),
    places: () => {
      const embedded = [
        ...(TENON_KAFKA_BROKERS === undefined ? ['log'] : []),
        ...(TENON_MONGODB_URL === undefined ? ['store', 'batch-store', 'speed-store'] : []),
        ...(TENON_LAKE === undefined ? ['lake'] : []),
      ].map((part) => ({ part, path: join(data, part) }));
      const all = [...embedded, ...(TENON_LAKE === undefined ? [] : [{ part: 'lake', path: TENON_LAKE }])];
      return all.filter(({ part }) => known.has(part));
    },
    opened: () => PARTS.filter((part) => known.has(part)),
    close: async () => {
      await Promise.allSettled(known.values());
      for (const part of opened.splice(0).reverse()) await part.close();
      await tracing.close();
    },
  };
}
