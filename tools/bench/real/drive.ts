/** Sends events at a steady rate, whatever the answers, and follows some of them until an answer includes them. */
import { median, quantile } from '../child';
import type { Flight } from '../flights';
import { FORMS } from './ingest';
import type { Pipeline, Probe } from './pipelines';
import { probeName } from './pipelines';

export interface Drive {
  /** Milliseconds from the POST to the answer, in the order of sending. */
  readonly visible: readonly number[];
  /** Of these, the milliseconds until the POST was acknowledged. */
  readonly acknowledged: readonly number[];
  readonly sent: number;
  /** Wall seconds of sending. */
  readonly seconds: number;
  /** Events that were not yet acknowledged when the last was sent. */
  readonly waiting: number;
  /** CPU seconds of the pipeline's processes. */
  readonly cpu: number;
  /** Cores that each of them kept busy. */
  readonly cores: readonly { readonly name: string; readonly busy: number }[];
}

/** Flights in the order of the file, and airports that no flight has. */
export class Supply {
  private at = 0;
  private probes = 0;

  constructor(private readonly flights: readonly Flight[]) {}

  /** @throws if there are no more: to begin again would send events that Kafka Streams takes for late, and drops */
  next(isProbe: boolean): { readonly body: string; readonly probe: Probe | null } {
    const flight = this.flights[this.at++];
    if (flight === undefined) throw new Error(`${this.flights.length} flights are too few.`);
    if (!isProbe) return { body: FORMS.cloudevents.text(flight, this.at), probe: null };
    const origin = probeName(this.probes++);
    const window = `${flight.date.slice(0, 13)}:00:00Z`;
    return { body: FORMS.cloudevents.text({ ...flight, origin }, this.at), probe: { origin, window } };
  }
}

/** @param probes so many events per second are followed */
export async function drive(
  pipeline: Pipeline,
  supply: Supply,
  rate: number,
  seconds: number,
  probes: number,
): Promise<Drive> {
  const total = Math.round(rate * seconds);
  const every = Math.max(1, Math.round(rate / probes));
  const visible: number[] = [];
  const all: Promise<void>[] = [];
  const acknowledged: number[] = [];
  let answered = 0;
  const before = pipeline.processes.map((one) => one.cpu());
  const began = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate) + 1);
    for (; sent < due; sent++) {
      const { body, probe } = supply.next(sent % every === 0);
      const place = visible.length;
      if (probe !== null) visible.push(NaN);
      const at = performance.now();
      all.push(
        pipeline.post(body).then(async (receipt) => {
          answered += 1;
          if (probe === null) return;
          acknowledged.push(performance.now() - at);
          await pipeline.seen(probe, receipt);
          visible[place] = performance.now() - at;
        }),
      );
    }
    await new Promise((done) => setTimeout(done, 1));
  }
  const took = (performance.now() - began) / 1000;
  const waiting = total - answered;
  await Promise.all(all);
  const spent = pipeline.processes.map((one, index) => one.cpu() - (before[index] ?? 0));
  const cpu = spent.reduce((sum, one) => sum + one, 0);
  const cores = pipeline.processes.map(({ name }, index) => ({ name, busy: (spent[index] ?? 0) / took }));
  return { visible, acknowledged, sent: total, seconds: took, waiting, cpu, cores };
}

/** Lag is stable: it is sent as fast as wanted, and the last events are seen about as soon as the first. */
export function isSustained({ visible, sent, seconds, waiting }: Drive, rate: number): boolean {
  const half = Math.floor(visible.length / 2);
  const [first, last] = [median(visible.slice(0, half)), median(visible.slice(half))];
  return (
    sent / seconds >= rate * 0.97 && waiting <= rate / 4 && last <= Math.max(first * 1.5, 250) && last < 1000
  );
}

export const summary = ({ visible, cpu, seconds }: Drive): string =>
  `p50 ${quantile(visible, 0.5).toFixed(0)} ms, p99 ${quantile(visible, 0.99).toFixed(0)} ms of ${visible.length} followed; ` +
  `${(cpu / seconds).toFixed(2)} cores`;
