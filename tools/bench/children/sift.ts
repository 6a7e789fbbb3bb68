/** An engine over micro-batches of 20,000 events, with and without events that a product cannot take among them. */
import { createEngine } from '@tenon/engine';
import type { JsonSchema } from '@tenon/domain';
import type { EngineEvent, LogRecord } from '@tenon/ports';
import type { SiftCase } from '../sift';
import { GOOD, SIFT_CASES } from '../sift';

const MICRO_BATCH = 20_000;
const PROPERTIES: Record<string, JsonSchema> = {
  k: { type: 'string' },
  s: { type: 'string' },
  i: { type: 'integer' },
  l: { type: 'array', items: { type: 'integer' } },
};

function record(offset: number, data: object): LogRecord {
  const eventtime = new Date(1_704_067_200_000 + offset * 1000).toISOString();
  const value = JSON.stringify({
    ...{ specversion: '1.0', id: `i${offset}`, source: '/e', type: 'e', correlationid: `c${offset}` },
    ...{ eventtime, data },
  });
  return {
    ...{ offset, timestamp: 1_704_067_200_000, key: null, value: Buffer.from(value) },
    header: () => undefined,
    headerBytes: () => undefined,
    headers: () => ({}),
  };
}

/** The failing ones stand evenly among the good ones. */
function eventsOf({ good, bad }: SiftCase, failing: number): EngineEvent[] {
  const all = GOOD + failing;
  const every = failing === 0 ? Infinity : Math.floor(all / failing);
  let left = failing;
  return Array.from({ length: all }, (_, offset) => {
    const fails = left > 0 && offset % every === 0;
    if (fails) left -= 1;
    return { partition: 0, record: record(offset, { k: `k${offset % 100}`, ...(fails ? bad : good) }) };
  });
}

async function main(): Promise<void> {
  const engine = await createEngine({ threads: 1 });
  process.send?.({});
  process.on('message', (asked: { readonly name: string; readonly failing: number }) => {
    void (async () => {
      const one = SIFT_CASES.find(({ name }) => name === asked.name) as SiftCase;
      const source = {
        ...{ name: 'e', key: [], time: null, partitions: 1, dedupe: { window: 1 } },
        schema: { type: 'object', properties: PROPERTIES },
      };
      const plan = await engine.plan(source, {
        ...{ name: 'p', version: 1, topology: 'lambda', retentionMicros: null },
        sql: `SELECT k, count(*) AS n, ${one.sql} AS x FROM e GROUP BY k`,
      });
      const events = eventsOf(one, asked.failing);
      let refused = 0;
      const began = process.cpuUsage();
      for (let at = 0; at < events.length; at += MICRO_BATCH) {
        const microBatch = await engine.open(source, [plan], events.slice(at, at + MICRO_BATCH));
        refused += (await microBatch.aggregate(plan)).refused.length;
        await microBatch.close();
      }
      const { user, system } = process.cpuUsage(began);
      process.send?.({ ms: (user + system) / 1000, refused });
    })();
  });
  process.once('SIGTERM', () => process.exit(0));
}

void main();
