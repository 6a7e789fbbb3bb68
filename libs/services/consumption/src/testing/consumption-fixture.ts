/** For this library's specs: a landing zone whose ports are in memory. */
import { TOPICS } from '@tenon/contracts';
import type { Logger } from '@tenon/ports';
import type { ConsumptionConfig, ConsumptionDeps } from '../deps';
import { CONSUMPTION_DEFAULTS } from '../deps';
import { ManualClock } from './manual-clock';
import { MemoryBus } from './memory-bus';
import { MemoryLog } from './memory-log';
import { MemoryStore, MemoryTroubleBook } from '@tenon/testing';
import { PRODUCT, SOURCE, planOf } from './sales';

export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

function recordingLogger(lines: Line[]): Logger {
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => logger,
  };
  return logger;
}

export interface Fixture extends ConsumptionDeps {
  readonly log: MemoryLog;
  readonly bus: MemoryBus;
  readonly store: MemoryStore;
  readonly clock: ManualClock;
  readonly troubles: MemoryTroubleBook;
  readonly lines: Line[];
}

export function fixture(config: Partial<ConsumptionConfig> = {}): Fixture {
  const lines: Line[] = [];
  const clock = new ManualClock();
  return {
    ...{ log: new MemoryLog(clock), bus: new MemoryBus(), store: new MemoryStore(), clock },
    troubles: new MemoryTroubleBook(),
    ...{ lines, logger: recordingLogger(lines), sources: [SOURCE], plans: [planOf()] },
    config: { ...CONSUMPTION_DEFAULTS, ...config },
  };
}

async function append(
  { log }: Fixture,
  topic: string,
  partition: number,
  values: readonly Uint8Array[],
): Promise<void> {
  await log.ensureTopic({ name: topic, partitions: SOURCE.partitions });
  await log.append(
    topic,
    values.map((value) => ({ partition, key: null, value })),
  );
}

/** Appends records to a partition of the product's flushes. */
export const appendFlushes = (deps: Fixture, partition: number, ...values: readonly Uint8Array[]) =>
  append(deps, TOPICS.flushes(PRODUCT), partition, values);

/** Appends records to a partition of the product's ranges. */
export const appendRanges = (deps: Fixture, partition: number, ...values: readonly Uint8Array[]) =>
  append(deps, TOPICS.ranges(PRODUCT), partition, values);

/** Appends so many events to a partition of the source. */
export const appendEvents = (deps: Fixture, partition: number, count: number) =>
  append(
    deps,
    TOPICS.events('orders'),
    partition,
    Array.from({ length: count }, () => Buffer.from('{}')),
  );
