/** One line that says how the live traffic gets on, updated in place; on no terminal a line now and then. */
import type { Client } from '../cli/client';
import type { Output } from '../cli/output';
import { grouped, styles } from '../cli/output';
import type { StatusAnswer } from '../commands/status';

export interface Ticker {
  /** @param at event time of the last one, milliseconds */
  sent(events: number, at: number): void;
  note(text: string): void;
  stop(): void;
}

const EVERY_MS = 1000;
const LINE_EVERY_MS = 10_000;
/** Events per second are told over this many ticks: traffic comes in bursts at full minutes. */
const OVER_TICKS = 5;

export function createTicker(client: Client, { out }: Output): Ticker {
  const { bold, dim } = styles(out);
  const counts: number[] = [0];
  let total = 0;
  let lastAt = 0;
  let lastLine = -Infinity;
  let stopped = false;

  const tick = async () => {
    const { products = [] } = await client.json<StatusAnswer>('/v1/products');
    if (stopped) return;
    const rate = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    counts.push(0);
    if (counts.length > OVER_TICKS) counts.shift();
    const generation = products
      .map((product) => product.generation)
      .reduce((a, b) => Math.min(a, b), Infinity);
    const behind = products.map((product) => product.behind).reduce((a, b) => Math.max(a, b), 0);
    if (lastAt === 0) return;
    const time = new Date(lastAt).toISOString().slice(0, 16).replace('T', ' ');
    show(
      `${bold(time)}  ${grouped(rate)} events/s  ${dim('·')} ${grouped(total)} sent  ${dim('·')} generation ${Number.isFinite(generation) ? generation : '-'}  ` +
        `${dim('·')} ${behind === 0 ? 'no lag' : `lag ${grouped(behind)} events`}`,
    );
  };
  const show = (text: string) => {
    if (out.isTTY) return void out.write(`\r\u001b[K${text}`);
    if (performance.now() - lastLine < LINE_EVERY_MS) return;
    lastLine = performance.now();
    out.write(`${text}\n`);
  };
  // A tick that fails says nothing: the feed itself reports a server that is away.
  const timer = setInterval(() => void tick().catch(() => undefined), EVERY_MS);
  return {
    sent: (events, at) => {
      total += events;
      lastAt = at;
      counts[counts.length - 1]! += events;
    },
    note: (text) => void out.write(out.isTTY ? `\r\u001b[K${text}\n` : `${text}\n`),
    stop: () => {
      stopped = true;
      clearInterval(timer);
      if (out.isTTY) out.write('\n');
    },
  };
}
