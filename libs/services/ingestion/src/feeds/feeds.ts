/** The streams of others that the sources of this instance are fed from: started, and told of. */
import type { SourceDefinition, SourceFeed } from '@tenon/domain';
import type { MetricSample, Metrics } from '@tenon/ports';
import type { IngestionDeps } from '../service';
import type { SourceDesk } from '../intake/source-desk';
import { FeedReader } from './feed-reader';
import type { Lane } from './lane';

type FedSource = SourceDefinition & { readonly from: SourceFeed };

export function openFeeds(
  deps: IngestionDeps,
  desks: ReadonlyMap<string, SourceDesk>,
): readonly FeedReader[] {
  const { openFeed, acceptedStreams: accepted = [] } = deps;
  if (openFeed === undefined) return [];
  return deps.sources
    .filter((source): source is FedSource => source.from !== undefined)
    .map((source) => {
      const desk = desks.get(source.name) as SourceDesk;
      return new FeedReader({ ...deps, openFeed, accepted }, source, desk);
    });
}

/** What stands still of them, in words. */
export const degradedFeeds = (feeds: readonly FeedReader[]): readonly string[] =>
  feeds.flatMap(({ source, trouble }) => (trouble === null ? [] : [`source ${source.name}: ${trouble}`]));

/** The member `from` of a source's status; nothing where it has none. */
export function feedStatus(feeds: readonly FeedReader[], source: string): { readonly from?: object } {
  const feed = feeds.find((one) => one.source.name === source);
  if (feed === undefined) return {};
  const { from, trouble, lanes, totals } = feed;
  const partitions = [...lanes]
    .sort(([a], [b]) => a - b)
    .map(([partition, lane]) => [partition, stateOf(lane)]);
  return {
    from: {
      ...{ kind: from.kind, stream: from.stream, place: feed.feed.place },
      ...(from.subject !== undefined && { subject: from.subject }),
      ready: trouble === null,
      ...(trouble !== null && { reason: trouble }),
      ...totals,
      lag: [...lanes.values()].reduce((sum, lane) => sum + (lagOf(lane) ?? 0), 0),
      partitions: Object.fromEntries(partitions) as object,
    },
  };
}

const stateOf = (lane: Lane) => ({ next: lane.next, lag: lagOf(lane) });

/** Records that are there and not taken yet; null: not known yet. */
const lagOf = ({ next, end }: Lane): number | null => (end === null ? null : Math.max(0, end - next));

export function measureFeeds(metrics: Metrics, feeds: readonly FeedReader[]): void {
  if (feeds.length === 0) return;
  const ofLanes = (value: (lane: Lane) => number | null) => (): MetricSample[] =>
    feeds.flatMap(({ source, from, lanes }) =>
      [...lanes].flatMap(([partition, lane]) => {
        const known = value(lane);
        const labels = { source: source.name, stream: from.stream, partition: String(partition) };
        return known === null ? [] : [{ labels, value: known }];
      }),
    );
  metrics.gauge(
    'tenon_feed_position',
    'The next offset that is taken of a stream that others write.',
    ofLanes(({ next }) => next),
  );
  metrics.gauge(
    'tenon_feed_lag',
    'Records of a stream that others write that are not taken yet.',
    ofLanes(lagOf),
  );
  metrics.counter(
    'tenon_feed_records_total',
    'Records of streams that others write by what became of them.',
    () =>
      feeds.flatMap(({ source, totals }) =>
        Object.entries(totals).map(([outcome, value]) => ({
          labels: { source: source.name, outcome },
          value,
        })),
      ),
  );
}
