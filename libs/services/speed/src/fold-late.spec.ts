/** An engine that does not end when it is told to: whoever asks is told meanwhile which product, which events, and what is waited for. */
import { EMPTY_LEDGER, FIRST_EPOCH } from '@tenon/domain';
import type { Aggregated, Engine, EngineBudget, EngineEvent } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryTroubleBook, createManualClock } from '@tenon/testing';
import type { SpeedDeps } from './deps';
import { SPEED_DEFAULTS } from './deps';
import { Folder } from './fold';
import type { LetterBox } from './letter-box';
import { LivePartition } from './partition';
import { SOURCE, layout } from './testing/orders';

const LAYOUT = layout('per_shop');
const NOTHING: Aggregated = { partitions: [], refused: [] };

const eventsAt = (...offsets: readonly number[]) =>
  offsets.map((offset) => ({ partition: 1, record: { offset } }) as unknown as EngineEvent);

test('the book and health name what is waited for, before the engine heeds', async () => {
  let heed = (_: Aggregated): void => undefined;
  let told = (): void => undefined;
  const isTold = new Promise<void>((resolve) => (told = resolve));
  const engine = {
    open: async () => ({
      poison: [],
      close: async () => undefined,
      aggregate: (_plan: unknown, { signal }: EngineBudget) => {
        signal?.addEventListener('abort', () => told());
        return new Promise<Aggregated>((resolve) => (heed = resolve));
      },
    }),
  } as unknown as Engine;
  const [troubles, clock] = [new MemoryTroubleBook(), createManualClock()];
  const config = { ...SPEED_DEFAULTS, maxMicroBatchMs: 2000 };
  const deps = { engine, troubles, clock, config, logger: NO_LOGGER } as unknown as SpeedDeps;
  const letters = { trouble: null, write: async () => undefined } as unknown as LetterBox;
  const folder = new Folder(deps, SOURCE, [LAYOUT], letters, () => 0);
  const live = new LivePartition({ source: 'orders', partition: 1 }, FIRST_EPOCH, 10, [LAYOUT]);
  const round = { events: eventsAt(5, 7, 9), counts: EMPTY_LEDGER, conflicts: [], barrier: null, used: 3 };
  const folding = folder.fold([{ live, round }]);
  let isLate = false;
  void isTold.then(() => (isLate = true));
  while (!isLate) await clock.advance(100);
  const reason = `${LAYOUT.product}: more than 2 s (TENON_MAX_MICRO_BATCH), in orders/1 from 5 to 9.`;
  expect(folder.trouble).toBe(`the engine, which was told to end: ${reason}`);
  expect(troubles.of(LAYOUT.product)).toEqual([
    { layer: 'speed', code: 'run-too-long', reason, source: 'orders', partition: 1, since: 0 },
  ]);
  heed(NOTHING);
  const failed = await folding;
  expect(failed.map(({ product, error }) => [product, error])).toEqual([
    [LAYOUT.product, expect.objectContaining({ code: 'run-too-long' })],
  ]);
  expect(folder.trouble).toBeNull();
  expect(live.products.size).toBe(0);
});
