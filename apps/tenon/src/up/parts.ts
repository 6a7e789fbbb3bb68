/** The parts that the embedded services share: one of each per process. */
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
import { createEngine } from '@tenon/engine';
import type { Bus, Clock, Engine, EventLog, Ids, Lake, Logger, ProductStore } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';

export interface Parts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly log: EventLog;
  readonly bus: Bus;
  readonly store: ProductStore;
  readonly lake: Lake;
  readonly engine: Engine;
  close(): Promise<void>;
}

/** Opens the data directory, with its lock, and everything in it. */
export async function openParts(data: string, settings: Settings, logger: Logger): Promise<Parts> {
  const directory = await openDataDirectory(data);
  const opened: { close(): Promise<void> }[] = [directory];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const close = async () => {
    for (const part of opened.reverse()) await part.close();
  };
  try {
    const log = keep(await createFileEventLog({ directory: join(data, 'log'), clock: systemClock }));
    const store = keep(await createLmdbProductStore({ directory: join(data, 'store') }));
    const bus = keep(createMemoryBus());
    const lake = await createFileLake({ directory: join(data, 'lake') });
    const engine = keep(
      await createEngine({
        ...(settings.TENON_ENGINE_THREADS !== undefined && { threads: settings.TENON_ENGINE_THREADS }),
        ...(settings.TENON_ENGINE_MEMORY !== undefined && { memoryLimit: settings.TENON_ENGINE_MEMORY }),
      }),
    );
    return { clock: systemClock, ids: createIds(), logger, log, bus, store, lake, engine, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
