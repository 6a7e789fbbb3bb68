/** The page with made-up data: `npx tsx apps/dashboard/src/fake-main.ts [--port 7171] [--rate 400] [--history 300000]`. */
import { parseArgs } from 'node:util';
import { FakeServer } from './fake-server';

const TICK_MILLIS = 100;
const CUT_EVERY_MILLIS = 30_000;

async function main(): Promise<void> {
  const text = (fallback: string) => ({ type: 'string' as const, default: fallback });
  const { values } = parseArgs({
    options: { port: text('7171'), rate: text('400'), history: text('300000') },
  });
  const fake = new FakeServer({ port: Number(values.port) });
  fake.data.emit(Number(values.history));
  fake.data.beginCut()();
  await fake.start();
  setInterval(() => {
    fake.data.emit(Math.round((Number(values.rate) * TICK_MILLIS) / 1000));
    fake.publish();
  }, TICK_MILLIS);
  setInterval(() => void fake.cut(), CUT_EVERY_MILLIS);
  console.log(fake.url);
}

void main();
