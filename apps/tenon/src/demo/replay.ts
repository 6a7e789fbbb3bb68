/** The other flights as live traffic: each is sent when its time has come, on a clock that runs `speed` times as fast. */
import type { Client } from '../cli/client';
import { segment } from '../cli/client';
import { sleep } from '../cli/sse';
import { EVENT_SOURCE, eventId } from '../load/identity';
import type { FileRow } from '@tenon/adapters-files';
import { sendParcel } from '../load/send';
import type { Flights } from './flights';
import { SOURCE, positions } from './flights';
import type { Ticker } from './ticker';

export interface ReplayDeps {
  readonly client: Client;
  readonly flights: Flights;
  readonly data: string;
  /** The last flight that is in. */
  readonly position: number;
  readonly speed: number;
  readonly signal: AbortSignal;
  readonly ticker: Ticker;
}

const TICK_MS = 100;
const MOST_PER_TICK = 5000;

/** Sends flights until all are sent or `signal` aborts; the position is kept after each answer. */
export async function replay(deps: ReplayDeps): Promise<void> {
  const { signal, speed, ticker } = deps;
  const { store } = positions(deps.data);
  const path = `/v1/sources/${segment(SOURCE)}/events`;
  let { position } = deps;
  let clock: EventClock | undefined;
  let due: FileRow[] = [];

  const send = async () => {
    if (due.length === 0) return;
    const body = due.map((row) => eventLine(deps.flights.file.base, row)).join('');
    const options = { signal, patienceMs: Infinity, onWait: (reason: string) => ticker.note(reason) };
    const answer = await sendParcel(deps.client, path, body, options);
    position = due[due.length - 1]!.number;
    store.save({
      v: 1,
      ...deps.flights.file,
      rows: position,
      accepted: position,
      rejected: 0,
      complete: false,
      offsets: {},
    });
    ticker.sent(answer.accepted, departure(due[due.length - 1]!));
    due = [];
  };

  for await (const { rows } of deps.flights.reader.read(position)) {
    for (const row of rows) {
      const at = departure(row);
      clock ??= new EventClock(at, speed);
      while (clock.now() < at || due.length >= MOST_PER_TICK) {
        await send();
        if (signal.aborted) return;
        clock.catchUp(at);
        await sleep(TICK_MS, signal);
      }
      due.push(row);
    }
  }
  await send();
  if (signal.aborted) return;
  ticker.note('All flights have landed; Tenon goes on answering. Ctrl-C ends it.');
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Event time as it passes during the replay, milliseconds. */
class EventClock {
  private began = performance.now();

  constructor(
    private start: number,
    private readonly speed: number,
  ) {}

  now(): number {
    return this.start + (performance.now() - this.began) * this.speed;
  }

  /** After a pause (a laptop that slept, a server that was busy) time goes on from here, not in one leap. */
  catchUp(next: number): void {
    if (this.now() - next < 10_000 * this.speed) return;
    this.start = next;
    this.began = performance.now();
  }
}

const departure = (row: FileRow) => Date.parse(/"date":"([^"]+)"/.exec(row.text)?.[1] ?? '') || 0;

function eventLine(base: string, row: FileRow): string {
  return `{"specversion":"1.0","source":"${EVENT_SOURCE}","type":"${SOURCE}","id":"${eventId(base, row.number)}","data":${row.text}}\n`;
}
