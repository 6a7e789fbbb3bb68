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
  store(): Promise<ProductStore>;
  lake(): Promise<Lake>;
  engine(): Promise<Engine>;
  /** Ends what the engine runs, whatever it does. */
  interrupt(): Promise<void>;
  /** Where the parts that were asked for write to a disk of this machine. */
  places(): readonly DiskPlace[];
  /** The parts that were asked for. */
  opened(): readonly PartName[];
  /** Closes what was opened, the last first. */
  close(): Promise<void>;
}

export type PartName = 'log' | 'bus' | 'store' | 'lake' | 'engine';

interface Closable {
  close(): Promise<void>;
}

/**
 * @param data the data directory; touched only by an embedded part
 * @param name what servers shall call this client
 * @param environment says whether there are traces; absent: there are none
 */
export function createParts(
  settings: Settings,
  data: string,
  logger: Logger,
  name: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): Parts {
  const known = new Map<string, Promise<unknown>>();
  const opened: Closable[] = [];

  const once = <T>(part: string, open: () => Promise<T>): Promise<T> => {
    let opening = known.get(part) as Promise<T> | undefined;
    if (opening === undefined) {
      opening = open();
      known.set(part, opening);
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
      return createFileEventLog({ directory: await folder('log'), clock: systemClock });
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
  const openStore = async (): Promise<ProductStore> =>
    TENON_MONGODB_URL === undefined
      ? createLmdbProductStore({ directory: await folder('store') })
      : adapters.mongodb().createMongoProductStore({
          url: TENON_MONGODB_URL,
          isShared: isPointerKey,
          ...(caFile !== undefined && { caFile }),
          ...(certFile !== undefined && { certFile }),
        });

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
    clock: systemClock,
    ids: createIds(),
    passedOver,
    logger,
    tracing,
    log: () => once('log', async () => keep(await openLog())),
    bus: () => once('bus', async () => keep(await openBus())),
    store: () => once('store', async () => keep(await openStore())),
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
          }),
        ),
      ),
    interrupt: async () => ((await known.get('engine')) as Engine | undefined)?.interrupt(),
    places: () => {
      const embedded = [
        ...(TENON_KAFKA_BROKERS === undefined ? ['log'] : []),
        ...(TENON_MONGODB_URL === undefined ? ['store'] : []),
        ...(TENON_LAKE === undefined ? ['lake'] : []),
      ].map((part) => ({ part, path: join(data, part) }));
      const all = [...embedded, ...(TENON_LAKE === undefined ? [] : [{ part: 'lake', path: TENON_LAKE }])];
      return all.filter(({ part }) => known.has(part));
    },
    opened: () => (['log', 'bus', 'store', 'lake', 'engine'] as const).filter((part) => known.has(part)),
    close: async () => {
      await Promise.allSettled(known.values());
      for (const part of opened.splice(0).reverse()) await part.close();
      await tracing.close();
    },
  };
}
