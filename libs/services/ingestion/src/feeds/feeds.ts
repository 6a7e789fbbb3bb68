/** The streams of others that the sources of this instance are fed from: started, and told of. */
import type { SourceDefinition, SourceFeed } from '@tenon/domain';
import type { MetricSample, Metrics } from '@tenon/ports';
import type { IngestionDeps } from '../service';
import type { SourceDesk } from '../intake/source-desk';
import { FeedReader } from './feed-reader';
import type { FolderSource } from './folder-reader';
import { FolderReader } from './folder-reader';
import type { Lane } from './lane';
import { Pace } from './pace';

type FedSource = SourceDefinition & { readonly from: SourceFeed };

/** Takes events from elsewhere for a source. */
export type SourceReader = FeedReader | FolderReader;

/** What of the time files have while somebody sends events. */
const SHARE_OF_FILES = 0.1;

export function openFeeds(
  deps: IngestionDeps,
  desks: ReadonlyMap<string, SourceDesk>,
): readonly SourceReader[] {
  const { openFeed, openFolder, acceptedStreams: accepted = [], clock } = deps;
  const folders: FolderReader[] = [];
  const sent = () => eventsOf(desks.values()) - folders.reduce((sum, one) => sum + countOf(one), 0);
  const streams: FeedReader[] = [];
  for (const source of deps.sources) {
    const desk = desks.get(source.name) as SourceDesk;
    if (isFolder(source) && openFolder !== undefined) {
      const pace = new Pace(clock, sent, SHARE_OF_FILES);
      folders.push(new FolderReader({ ...deps, openFolder, pace }, source, desk));
    } else if (isStream(source) && openFeed !== undefined)
      streams.push(new FeedReader({ ...deps, openFeed, accepted }, source, desk));
  }
  return [...streams, ...folders];
}

const isFolder = (source: SourceDefinition): source is FolderSource => source.from?.files !== undefined;
const isStream = (source: SourceDefinition): source is FedSource =>
  source.from !== undefined && source.from.files === undefined;

const countOf = ({ totals: { taken, refused } }: FolderReader) => taken + refused;
const eventsOf = (desks: Iterable<SourceDesk>) =>
  [...desks].reduce((sum, { appender: { accepted, rejected } }) => sum + accepted + rejected, 0);

/** What stands still of them, in words. */
export const degradedFeeds = (feeds: readonly SourceReader[]): readonly string[] =>
  feeds.flatMap(({ source, trouble }) => (trouble === null ? [] : [`source ${source.name}: ${trouble}`]));

/** The member `from` of a source's status; nothing where it has none. */
export function feedStatus(feeds: readonly SourceReader[], source: string): { readonly from?: object } {
  const feed = feeds.find((one) => one.source.name === source);
  if (feed === undefined) return {};
  if (feed instanceof FolderReader) return { from: feed.status() };
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

export function measureFeeds(metrics: Metrics, feeds: readonly SourceReader[]): void {
  if (feeds.length === 0) return;
  const streams = feeds.filter((feed) => feed instanceof FeedReader);
  const ofLanes = (value: (lane: Lane) => number | null) => (): MetricSample[] =>
    streams.flatMap(({ source, from, lanes }) =>
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
    'Records of streams and files that others write by what became of them.',
    () =>
      feeds.flatMap(({ source, totals }) =>
        Object.entries(totals).map(([outcome, value]) => ({
          labels: { source: source.name, outcome },
          value,
        })),
      ),
  );
}
