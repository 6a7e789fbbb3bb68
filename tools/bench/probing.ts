/** How long one's own event of the wide product takes to be seen, while something else goes on. */
import type { Agent } from 'node:http';
import { call } from './http';
import { WIDE, wideEvent } from './wide';

const PROBE_EVERY_MS = 50;
/** So many are on their way at most: where answers come late, more of them would be what makes them late. */
const MOST_PROBES = 16;

/** Sends events at a steady rate, of which some may be on their way. @returns milliseconds until each was seen */
export async function probing(
  agent: Agent,
  url: string,
  leastMs: number,
  until?: Promise<unknown>,
): Promise<number[]> {
  const waits: Promise<number>[] = [];
  const send = async () => {
    const began = performance.now();
    const answer = await call(agent, `${url}/v1/sources/${WIDE}/events`, wideEvent('probe', 1));
    await seen(agent, url, (JSON.parse(answer) as { receipt: string }).receipt);
    return performance.now() - began;
  };
  let underWay = 0;
  const timer = setInterval(() => {
    if (underWay >= MOST_PROBES) return;
    underWay += 1;
    const wait = send().finally(() => (underWay -= 1));
    wait.catch(() => undefined); // the end meets it
    waits.push(wait);
  }, PROBE_EVERY_MS);
  await Promise.all([sleep(leastMs), until]).finally(() => clearInterval(timer));
  return Promise.all(waits);
}

export const seen = (agent: Agent, url: string, receipt: string) =>
  call(agent, `${url}/v1/products/${WIDE}/rows?k=probe&timeout=60000&after=${receipt}`);

export const sleep = (time: number) => new Promise((done) => setTimeout(done, time));
