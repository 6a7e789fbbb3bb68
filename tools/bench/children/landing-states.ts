/**
 * States for the landing zone to land, by the services that write them: flushes by speed, over a store that is never
 * written; or ranges by batch, each on what has landed of the one before.
 */
import { createFileLake } from '@tenon/adapters-embedded';
import { TOPICS } from '@tenon/contracts';
import type { RunningService } from '@tenon/ports';
import { createHttpServer } from '@tenon/runtime';
import { BATCH_DEFAULTS, createBatch } from '@tenon/service-batch';
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { INGESTION_DEFAULTS, createIngestion } from '@tenon/service-ingestion';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { WIDE, cutWide, uploadWide, wideLines } from '../wide';
import type { WideParts } from './wide-parts';
import { openParts, startServing, untilServed } from './wide-parts';

interface Amounts {
  readonly epochs: number;
  /** Uploads of an epoch; of flushes each makes one. */
  readonly pieces: number;
  readonly events: number;
  readonly keys: number;
}

async function main(kind: string, catalog: string, data: string, amounts: Amounts): Promise<void> {
  const parts = await openParts(catalog, `${data}/log`, `${data}/scratch-store`);
  const ingestion = await createIngestion({
    ...parts,
    products: [],
    config: { ...INGESTION_DEFAULTS, cutEveryMs: null },
  });
  const { routes } = ingestion;
  const { url, close } = await createHttpServer({ ...parts, routes, host: '127.0.0.1', port: 0 });
  const generation = await (kind === 'flushes' ? writeFlushes : writeRanges)(parts, url, data, amounts);
  await close();
  await ingestion.stop();
  await parts.log.close();
  await parts.store.close();
  process.send?.({ generation });
  process.once('SIGTERM', () => process.exit(0));
}

async function writeFlushes(parts: WideParts, url: string, _data: string, amounts: Amounts): Promise<number> {
  const { epochs, pieces, events, keys } = amounts;
  const speed = await createSpeed({ ...parts, config: SPEED_DEFAULTS });
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let piece = epoch * pieces; piece < (epoch + 1) * pieces; piece++) {
      await uploadWide(url, wideLines(piece * events, events, keys));
      await hasRead(parts, speed);
    }
    await cutWide(url);
    await hasRead(parts, speed);
  }
  await speed.stop();
  return 0;
}

/** Resolves once speed has read all events: what comes now is of its next flush. */
async function hasRead({ log }: WideParts, speed: RunningService): Promise<void> {
  const sum = (offsets: Readonly<Record<string, number>>) =>
    Object.values(offsets).reduce((total, next) => total + next, 0);
  const end = sum(await log.endOffsets(TOPICS.events(WIDE)));
  while (sum(speed.readings?.()[0]?.next ?? {}) < end) await new Promise((done) => setTimeout(done, 2));
}

async function writeRanges(parts: WideParts, url: string, data: string, amounts: Amounts): Promise<number> {
  const { epochs, pieces, events, keys } = amounts;
  const lake = await createFileLake({ directory: `${data}/lake` });
  const batch = await createBatch({ ...parts, lake, config: BATCH_DEFAULTS });
  const consumption = await createConsumption({ ...parts, config: CONSUMPTION_DEFAULTS });
  const serving = await startServing(parts);
  let generation = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let piece = epoch * pieces; piece < (epoch + 1) * pieces; piece++)
      await uploadWide(url, wideLines(piece * events, events, keys));
    generation = await cutWide(url);
    const failed = Promise.race([batch.done, consumption.done]);
    await untilServed(serving, failed, (served) => served.generation >= generation);
  }
  await batch.stop();
  await consumption.stop();
  await serving.stop();
  return generation;
}

const [kind = '', catalog = '', data = '', amounts = ''] = process.argv.slice(2);
void main(kind, catalog, data, JSON.parse(amounts) as Amounts);
