/** For this library's specs: ingestion on a log and a bus in memory, and calls without HTTP. */
import { HttpProblem } from '@tenon/errors';
import type { EventEnvelope } from '@tenon/contracts';
import type { SourceDefinition, ProductId } from '@tenon/domain';
import type { HttpResponse, Ids, Logger, LogRecord, RunningService } from '@tenon/ports';
import type { IngestionConfig } from '../config';
import { createIngestion } from '../service';
import type { ManualClock } from './manual-clock';
import { manualClock } from './manual-clock';
import { MemoryBus } from './memory-bus';
import { MemoryLog } from './memory-log';

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

export const envelope = (record: LogRecord | undefined): EventEnvelope =>
  JSON.parse(Buffer.from(record?.value ?? []).toString()) as EventEnvelope;

export function countingIds(): Ids {
  let count = 0;
  return { next: () => `id-${(count += 1)}` };
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
  readonly products?: readonly ProductId[];
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
