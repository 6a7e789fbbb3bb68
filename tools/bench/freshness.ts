/** From the moment a client posts an event to the moment an answer includes it, at 1,000 events a second. */
import { Agent } from 'node:http';
import { Child, quantile } from './child';
import { readFlights } from './flights';
import { call } from './http';
import type { Report } from './report';

const RATE = 1000;
const SECONDS = 20;
/** One event in this many is followed until it is visible. */
const SAMPLE = 50;

export async function benchFreshness(directory: string, report: Report): Promise<void> {
  const tenon = await Child.start('up', [`${directory}/freshness`]);
  const url = tenon.ready.url as string;
  const flights = await readFlights(0, RATE * SECONDS);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const visible: number[] = [];
  const waiting: Promise<void>[] = [];
  await warmUp(url, agent, flights);
  const began = performance.now();
  const usage = await tenon.measure(async () => {
    for (let sent = 0; sent < flights.length;) {
      const due = Math.min(flights.length, Math.floor(((performance.now() - began) / 1000) * RATE));
      for (; sent < due; sent++) {
        const at = performance.now();
        const post = call(agent, `${url}/v1/sources/flights/events`, JSON.stringify(flights[sent]));
        const follow = sent % SAMPLE === 0;
        waiting.push(
          post.then(async (text) => {
            if (!follow) return;
            const { receipt } = JSON.parse(text) as { receipt: string };
            await call(agent, `${url}/v1/products/delay_quantiles/rows?limit=1&after=${receipt}`);
            visible.push(performance.now() - at);
          }),
        );
      }
      await new Promise((done) => setTimeout(done, 1));
    }
    await Promise.all(waiting);
  });
  await tenon.stop();
  const p50 = quantile(visible, 0.5);
  const p99 = quantile(visible, 0.99);
  report.bound(
    'POST to visible answer at 1,000 events/s, p50',
    `${p50.toFixed(1)} ms`,
    'at most 25 ms',
    p50 <= 25,
    `${visible.length} events followed; ${(usage.cpu / usage.wall).toFixed(2)} cores of all five services`,
  );
  report.bound(
    'POST to visible answer at 1,000 events/s, p99',
    `${p99.toFixed(1)} ms`,
    'at most 75 ms',
    p99 <= 75,
  );
}

async function warmUp(url: string, agent: Agent, flights: readonly unknown[]): Promise<void> {
  for (let index = 0; index < 300; index++) {
    const text = await call(agent, `${url}/v1/sources/flights/events`, JSON.stringify(flights[index]));
    const { receipt } = JSON.parse(text) as { receipt: string };
    await call(agent, `${url}/v1/products/delay_quantiles/rows?limit=1&after=${receipt}`);
  }
}
