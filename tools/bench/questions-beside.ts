/**
 * Questions at half of what `tenon up` sustains, beside ingestion at half of what it sustains beside them: how much later the
 * latest answers come than most, and what the questions cost ingestion's freshness.
 */
import { Agent } from 'node:http';
import { Child, quantile } from './child';
import type { Flight } from './flights';
import { readFlights } from './flights';
import { call } from './http';
import { sleep } from './probing';
import type { Report } from './report';

const CLIENTS = 16;
const SECONDS = 15;
/** One event in this many is followed until it is visible. */
const SAMPLE = 20;
const ORIGINS = 50;

interface Load {
  readonly posts: number;
  readonly questions: number;
}

export async function benchQuestionsBeside(directory: string, report: Report): Promise<void> {
  const tenon = await Child.start('up', [`${directory}/questions-beside`]);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const flights = await readFlights(0, 400_000);
  const client = new Client(tenon.ready.url as string, agent, flights);
  await client.everything(3);
  const most = await client.everything(5);
  const half: Load = { posts: most.posts / 2, questions: most.questions / 2 };
  const alone = await client.paced({ ...half, questions: 0 });
  const beside = await client.paced(half);
  agent.destroy();
  await tenon.stop();
  const [p50, p99] = [quantile(beside.answered, 0.5), quantile(beside.answered, 0.99)];
  const rates = `${Math.round(half.posts)} POSTs and ${Math.round(half.questions)} questions a second, half of what both sustain together`;
  report.bound(
    'questions beside ingestion, p99 by p50',
    `${(p99 / p50).toFixed(1)} times`,
    'at most 3 times',
    p99 <= 3 * p50,
    `${p50.toFixed(1)} and ${p99.toFixed(1)} ms; ${rates}`,
  );
  const [before, meanwhile] = [quantile(alone.visible, 0.5), quantile(beside.visible, 0.5)];
  report.bound(
    'freshness beside questions, p50 by that without',
    `${(meanwhile / before).toFixed(2)} times`,
    'at most 1.2 times',
    meanwhile <= 1.2 * before,
    `${before.toFixed(1)} and ${meanwhile.toFixed(1)} ms`,
  );
}

class Client {
  private sent = 0;
  private asked = 0;

  constructor(
    private readonly url: string,
    private readonly agent: Agent,
    private readonly flights: readonly Flight[],
  ) {}

  private post(): Promise<string> {
    const flight = this.flights[this.sent++ % this.flights.length];
    return call(this.agent, `${this.url}/v1/sources/flights/events`, JSON.stringify(flight));
  }

  private question(): Promise<string> {
    const { origin = '' } = this.flights[(this.asked++ % ORIGINS) * 97] ?? {};
    return call(
      this.agent,
      `${this.url}/v1/products/airport_hours/rows?origin=${origin}&order=desc&limit=48`,
    );
  }

  /** Each client as fast as it is answered. @returns how many of each a second */
  async everything(seconds: number): Promise<Load> {
    const until = performance.now() + seconds * 1000;
    const each = async (ask: () => Promise<unknown>) => {
      let count = 0;
      for (; performance.now() < until; count++) await ask();
      return count;
    };
    const all = (ask: () => Promise<unknown>) =>
      Promise.all(Array.from({ length: CLIENTS }, () => each(ask))).then(
        (counts) => counts.reduce((sum, count) => sum + count, 0) / seconds,
      );
    const [posts, questions] = await Promise.all([all(() => this.post()), all(() => this.question())]);
    return { posts, questions };
  }

  /** At steady rates. @returns milliseconds until each question was answered, and until some events were seen */
  async paced({ posts, questions }: Load): Promise<{ answered: number[]; visible: number[] }> {
    const answered: number[] = [];
    const visible: number[] = [];
    const waiting: Promise<unknown>[] = [];
    const timed = async (times: number[], work: Promise<unknown>) => {
      const at = performance.now();
      await work;
      times.push(performance.now() - at);
    };
    const seen = async () => {
      const { receipt } = JSON.parse(await this.post()) as { receipt: string };
      await call(this.agent, `${this.url}/v1/products/delay_quantiles/rows?limit=1&after=${receipt}`);
    };
    const began = performance.now();
    let [posted, put] = [0, 0];
    for (let passed = 0; passed < SECONDS; passed = (performance.now() - began) / 1000) {
      for (; posted < passed * posts; posted++)
        waiting.push(posted % SAMPLE === 0 ? timed(visible, seen()) : this.post());
      for (; put < passed * questions; put++) waiting.push(timed(answered, this.question()));
      await sleep(1);
    }
    await Promise.all(waiting);
    return { answered, visible };
  }
}
