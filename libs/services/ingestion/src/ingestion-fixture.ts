/** For this folder's specs: a log in memory that can fail, a bus in memory, and calls without HTTP. */
import type { CutRecord, EventEnvelope } from '@tenon/contracts';
import type { SourceDefinition, Value } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type {
  Bus,
  Clock,
  EventLog,
  HttpResponse,
  Ids,
  Logger,
  LogRecord,
  NewRecord,
  RunningService,
} from '@tenon/ports';
import type { IngestionConfig } from './config';
import { createIngestion } from './service';

export const SOURCE: SourceDefinition = {
  name: 'orders',
  key: ['customer'],
  time: 'at',
  partitions: 3,
  dedupe: { window: 100 },
  schema: {
    type: 'object',
    required: ['customer', 'count'],
    additionalProperties: false,
    properties: {
      customer: { type: 'string', minLength: 1 },
      count: { type: 'integer' },
      price: { type: 'number', multipleOf: 0.01 },
      at: { type: 'string', format: 'date-time' },
      extra: {},
    },
  },
};

/** 2024-01-01T00:00:00Z */
export const NOW = 1_704_067_200_000;

export class MemoryLog implements EventLog {
  readonly topics = new Map<string, LogRecord[][]>();
  /** Throw from here to make an append fail. */
  beforeAppend: (topic: string, records: readonly NewRecord[]) => void | Promise<void> = () => undefined;

  async ensureTopic({ name, partitions }: { name: string; partitions: number }): Promise<void> {
    if (!this.topics.has(name))
      this.topics.set(
        name,
        Array.from({ length: partitions }, () => []),
      );
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<number[]> {
    await this.beforeAppend(topic, records);
    return records.map((record) => {
      const partition = this.partition(topic, record.partition);
      partition.push(stored(record, partition.length));
      return partition.length - 1;
    });
  }

  async startOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, () => 0);
  }

  async endOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, (records) => records.length);
  }

  async read(topic: string, partition: number, from: number): Promise<readonly LogRecord[]> {
    return this.partition(topic, partition).slice(from, from + 7);
  }

  consume = (): Promise<never> => Promise.reject(new Error('not here'));
  deleteBefore = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;

  partition(topic: string, partition: number): LogRecord[] {
    const records = this.topics.get(topic)?.[partition];
    if (records === undefined) throw new Error(`no partition ${partition} of ${topic}`);
    return records;
  }

  all(topic: string): LogRecord[] {
    return (this.topics.get(topic) ?? []).flat();
  }

  private offsets(topic: string, of: (records: LogRecord[]) => number): Record<string, number> {
    return Object.fromEntries(
      (this.topics.get(topic) ?? []).map((records, index) => [String(index), of(records)]),
    );
  }
}

function stored(record: NewRecord, offset: number): LogRecord {
  const headers = { ...record.headers };
  return {
    offset,
    timestamp: record.timestamp ?? NOW,
    key: record.key === null ? null : Buffer.from(record.key),
    value: Buffer.from(record.value),
    header: (name) => headers[name],
    headerBytes: (name) => (headers[name] === undefined ? undefined : Buffer.from(headers[name])),
    headers: () => headers,
  };
}

export const envelope = (record: LogRecord | undefined): EventEnvelope =>
  JSON.parse(Buffer.from(record?.value ?? []).toString()) as EventEnvelope;

export const cutRecords = (log: MemoryLog): CutRecord[] =>
  log.all('tenon.cuts').map((record) => JSON.parse(Buffer.from(record.value).toString()) as CutRecord);

export function countingIds(): Ids {
  let count = 0;
  return { next: () => `id-${(count += 1)}` };
}

export interface ManualClock extends Clock {
  /** Moves time on, wakes the sleeps that end by then, and lets what they waited for run. */
  advance(ms: number): Promise<void>;
}

function manualClock(): ManualClock {
  let time = NOW;
  let sleeps: { readonly until: number; wake(): void }[] = [];
  return {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) resolve();
        signal?.addEventListener('abort', () => resolve());
        sleeps.push({ until: time + ms, wake: resolve });
      }),
    advance: async (ms) => {
      await settle();
      time += ms;
      const due = sleeps.filter(({ until }) => until <= time);
      sleeps = sleeps.filter(({ until }) => until > time);
      for (const sleep of due) sleep.wake();
      await settle();
    },
  };
}

/** Lets everything run that waits for promises only. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}

export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function recordingLogger(lines: Line[]): Logger {
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => logger,
  };
  return logger;
}

type Responder = Parameters<Bus['respond']>[1];

/** Delivers at once; `generations` is what consumption answers. */
export class MemoryBus implements Bus {
  readonly published: { subject: string; payload: Value }[] = [];
  readonly handlers = new Set<() => void>();
  readonly responders = new Map<string, Responder>();
  generations: () => Value[] = () => [];

  publish(subject: string, payload: Value): void {
    this.published.push({ subject, payload });
  }

  async subscribe(_subject: string, handle: (message: never) => void): Promise<{ close(): Promise<void> }> {
    const handler = () => handle(undefined as never);
    this.handlers.add(handler);
    return { close: async () => void this.handlers.delete(handler) };
  }

  request = async (): Promise<Value[]> => this.generations();

  async respond(subject: string, answer: Responder): Promise<{ close(): Promise<void> }> {
    this.responders.set(subject, answer);
    return { close: async () => void this.responders.delete(subject) };
  }

  connected = (): boolean => true;
  close = async (): Promise<void> => undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what an answer holds is what the specs look at
  readonly body: any;
}

export interface Post {
  readonly source?: string;
  readonly type?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Text or bytes are sent as they are, a list of them as chunks, anything else as JSON. */
  readonly body?: unknown;
}

export interface Fixture {
  readonly log: MemoryLog;
  readonly bus: MemoryBus;
  readonly lines: Line[];
  readonly clock: ManualClock;
  readonly service: RunningService;
  post(call: Post): Promise<Answer>;
  cut(query?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Answer>;
}

export interface FixtureOptions {
  readonly source?: Partial<SourceDefinition>;
  readonly config?: Partial<IngestionConfig>;
  readonly log?: MemoryLog;
  readonly products?: readonly { readonly name: string }[];
}

export async function start(options: FixtureOptions = {}): Promise<Fixture> {
  const log = options.log ?? new MemoryLog();
  const bus = new MemoryBus();
  const lines: Line[] = [];
  const clock = manualClock();
  const service = await createIngestion({
    log,
    bus,
    clock,
    ids: countingIds(),
    logger: recordingLogger(lines),
    sources: [{ ...SOURCE, ...options.source }],
    products: options.products ?? [],
    config: { cutEveryMs: null, ...options.config },
  });
  return {
    log,
    bus,
    lines,
    clock,
    service,
    post: (call) => handle(service, '/v1/sources/:source/events', call),
    cut: (query = {}, signal) => handle(service, '/v1/cuts', { query }, signal),
  };
}

function chunksOf(body: unknown): Uint8Array[] {
  if (
    Array.isArray(body) &&
    body.length > 0 &&
    body.every((part) => part instanceof Uint8Array || typeof part === 'string')
  ) {
    return body.map((part) => Buffer.from(part as string));
  }
  if (body instanceof Uint8Array) return [body];
  return [Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? ''))];
}

async function handle(
  service: RunningService,
  path: string,
  call: Post,
  signal?: AbortSignal,
): Promise<Answer> {
  const route = service.routes.find((one) => one.path === path);
  const { source = 'orders', type = 'application/json', query = {}, body: sent } = call;
  const chunks = chunksOf(sent);
  const headers: Record<string, string> = { ...(type !== null && { 'content-type': type }), ...call.headers };
  try {
    const answer: HttpResponse | undefined = await route?.handle({
      method: 'POST',
      path,
      params: { source },
      query,
      headers,
      body: (async function* () {
        yield* chunks;
      })(),
      readBody: async (limit) => {
        const bytes = Buffer.concat(chunks);
        if (bytes.length > limit) throw new HttpProblem(413, 'too-large', 'too large');
        return bytes;
      },
      correlationId: headers['x-correlation-id'] ?? 'made-1',
      signal: signal ?? new AbortController().signal,
    });
    const body = answer?.text === undefined ? answer?.json : (JSON.parse(answer.text) as unknown);
    return { status: answer?.status ?? 0, headers: answer?.headers ?? {}, body };
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    const { status, code, detail, extra } = error;
    return { status, headers: error.headers, body: { ...extra, code, detail } };
  }
}
