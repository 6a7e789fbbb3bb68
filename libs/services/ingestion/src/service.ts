/**
 * Ingestion: the only writer of events and of barriers. It holds nothing that the log does not.
 *
 * `events/` says what an event is, `intake/` how events come in, `feeds/` how they are taken from streams of others, `log/` what is
 * appended of them; `cuts/` makes barriers.
 */
import type { PassedOver } from '@tenon/telemetry';
import { NO_METRICS, tracedRoutes } from '@tenon/telemetry';
import { eventsTopic } from '@tenon/contracts';
import type { SourceDefinition, ProductId } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { LogLost } from '@tenon/errors';
import type {
  Bus,
  Clock,
  EventLog,
  Ids,
  Logger,
  Metrics,
  OpenFeed,
  OpenFolder,
  Readiness,
  RunningService,
  Tracer,
} from '@tenon/ports';
import type { IngestionConfig } from './config';
import { INGESTION_DEFAULTS } from './config';
import { respondCuts } from './cuts/control';
import { Cutter } from './cuts/cutter';
import { cutsRoute } from './cuts/route';
import { runCutSchedule } from './cuts/schedule';
import { SourceRules } from './events/source-rules';
import type { SourceReader } from './feeds/feeds';
import { degradedFeeds, feedStatus, measureFeeds, openFeeds } from './feeds/feeds';
import { eventsRoute } from './intake/events-route';
import type { SourceDesk } from './intake/source-desk';
import { sourcesRoutes } from './intake/sources-route';
import { LetterBook } from './letters/letter-book';
import { LetterWatch } from './letters/letter-watch';
import { lettersRoutes } from './letters/routes';
import { DeadLetters } from './log/dead-letters';
import { EventAppender } from './log/event-appender';
import { logIdentity } from './log/log-identity';

export interface IngestionDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly passedOver?: PassedOver;
  readonly sources: readonly SourceDefinition[];
  /** Opens the streams of others that sources name; they are not read where it is absent. */
  readonly openFeed?: OpenFeed;
  /** Opens the folders that sources name; they are not read where it is absent. */
  readonly openFolder?: OpenFolder;
  /** Ids of such streams that are to be read although others had their names. */
  readonly acceptedStreams?: readonly string[];
  /** Whose generations `POST /v1/cuts?wait=true` waits for. */
  readonly products: readonly ProductId[];
  /** What is absent is as in `INGESTION_DEFAULTS`. */
  readonly config: Partial<IngestionConfig>;
}

/** @throws TopicMismatch, Unavailable, or TenonError `invalid-schema` */
export async function createIngestion(deps: IngestionDeps): Promise<RunningService> {
  const { log, bus, clock, logger, sources } = deps;
  let { products } = deps;
  const config: IngestionConfig = { ...INGESTION_DEFAULTS, ...deps.config };
  const desks = new Map(sources.map((source) => [source.name, deskOf(deps, config, source)]));
  const books = new Map(sources.map(({ name }) => [name, new LetterBook(log, clock, name, deps.passedOver)]));
  for (const source of sources) {
    const { name } = source;
    const topic = eventsTopic(source);
    const isWhole = async () => (await log.ensureTopic(topic), void (await log.hasTopic(topic.name)));
    await isWhole().catch((error: unknown) => {
      // Not ready, and each call is told; other sources go on.
      if (!(error instanceof LogLost)) throw error;
      logger.error({ error, source: name }, 'events of a source are not taken');
      (desks.get(name) as SourceDesk).appender.refuse(error);
    });
    await (books.get(name) as LetterBook).start();
  }
  const cutter = new Cutter({
    log,
    bus,
    clock,
    logger,
    sources,
    ...(deps.tracer !== undefined && { tracer: deps.tracer }),
    ...(deps.passedOver !== undefined && { passedOver: deps.passedOver }),
  });
  await cutter.start();
  const feeds = openFeeds(deps, desks);
  measure(deps.metrics ?? NO_METRICS, desks, cutter);
  measureFeeds(deps.metrics ?? NO_METRICS, feeds);
  const letters = new LetterWatch(deps, [...books.values()]);
  (deps.metrics ?? NO_METRICS).gauge('tenon_open_dead_letters', 'Dead letters that nobody has settled.', () =>
    letters.samples(),
  );
  letters.start();
  const control = await respondCuts({ bus, logger }, cutter);
  const stopping = new AbortController();
  const schedule =
    config.cutEveryMs === null
      ? Promise.resolve()
      : runCutSchedule(cutter, config.cutEveryMs, clock, logger, stopping.signal);
  for (const feed of feeds) feed.start();
  let stopped: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (stopped = resolve));
  return {
    name: 'ingestion',
    routes: tracedRoutes(deps.tracer, [
      eventsRoute(desks),
      ...sourcesRoutes(sources, () => logIdentity(log, deps.ids)),
      ...lettersRoutes({ desks, books }),
      cutsRoute({
        ...{ cutter, bus, clock },
        get products() {
          return products;
        },
      }),
    ]),
    ready: () => readiness(desks, feeds),
    status: () => ({
      sources: [...desks.values()].map(({ name, appender: { accepted, rejected, late }, deadLetters }) => ({
        name,
        accepted,
        rejected,
        late,
        deadLetters: { ...deadLetters.totals },
        ...feedStatus(feeds, name),
      })),
      cut: cutter.last(),
      cutEveryMs: config.cutEveryMs,
      refusedLately: letters.lately(),
    }),
    overview: async () => ({ deadLetters: await letterCounts(books) }),
    done,
    adopt: async (plans) => void (products = plans.map(idOf)),
    stop: async () => {
      stopping.abort();
      await Promise.all([letters.stop(), ...feeds.map((feed) => feed.stop())]);
      await control.close();
      await schedule;
      await cutter.settled();
      stopped();
    },
  };
}

/** Reasons of the letters that nobody has settled, the most frequent first. */
async function letterCounts(books: ReadonlyMap<string, LetterBook>): Promise<object[]> {
  const all = await Promise.all(
    [...books.values()].map(async (book) =>
      [...(await book.counts())].map(([reason, count]) => ({ source: book.source, reason, count })),
    ),
  );
  return all.flat().sort((a, b) => b.count - a.count);
}

function measure(metrics: Metrics, desks: ReadonlyMap<string, SourceDesk>, cutter: Cutter): void {
  const appenders = [...desks.values()].map(({ name, appender }) => ({ source: name, appender }));
  metrics.counter('tenon_events_total', 'Events by what became of them.', () =>
    appenders.flatMap(({ source, appender: { accepted, rejected } }) => [
      { labels: { source, outcome: 'accepted' }, value: accepted },
      { labels: { source, outcome: 'rejected' }, value: rejected },
    ]),
  );
  metrics.counter(
    'tenon_dead_letters_total',
    'Dead letters that were kept, and beyond what an hour may hold counted.',
    () => [...desks.values()].flatMap(({ name, deadLetters: { totals } }) => letterSamples(name, totals)),
  );
  metrics.counter('tenon_refused_events_total', 'Events that were refused, by their code.', () =>
    [...desks.values()].flatMap(({ name, deadLetters: { codes } }) =>
      [...codes].map(([code, value]) => ({ labels: { source: name, product: '', code }, value })),
    ),
  );
  metrics.counter('tenon_late_events_total', 'Accepted events that came long after their time.', () =>
    appenders.map(({ source, appender }) => ({ labels: { source }, value: appender.late })),
  );
  metrics.gauge('tenon_cut_epoch', 'The last cut that this instance has made.', () => [
    { labels: {}, value: cutter.last()?.epoch ?? 0 },
  ]);
}

const letterSamples = (source: string, { kept, counted }: { kept: number; counted: number }) => [
  { labels: { source, outcome: 'kept' }, value: kept },
  { labels: { source, outcome: 'counted' }, value: counted },
];

function deskOf(deps: IngestionDeps, config: IngestionConfig, source: SourceDefinition): SourceDesk {
  return {
    name: source.name,
    rules: new SourceRules(source, config, deps.clock, deps.ids),
    appender: new EventAppender(deps.log, deps.clock, source.name, deps.metrics, deps.tracer),
    deadLetters: new DeadLetters(deps.log, deps.clock, deps.logger, source.name, config.deadLetters),
    config,
    ...(source.from !== undefined && { format: source.from.format }),
  };
}

/** Not ready while the log refuses: then other instances, if there are, should get the traffic. */
function readiness(desks: ReadonlyMap<string, SourceDesk>, feeds: readonly SourceReader[]): Readiness {
  for (const { name, appender } of desks.values()) {
    const trouble = appender.trouble();
    if (trouble !== null) return { ok: false, reason: `The last append to ${name} failed: ${trouble}` };
  }
  const degraded = degradedFeeds(feeds);
  return { ok: true, ...(degraded.length > 0 && { degraded }) };
}
