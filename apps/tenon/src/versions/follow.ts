/** Follows versions that are built until they are where they are to be, and says how far they are. */
import type { VersionAnswer } from '@tenon/contracts';
import type { Client } from '../cli/client';
import { failure } from '../cli/failure';
import type { Sink } from '../cli/output';
import { grouped, styles } from '../cli/output';

/** A version of a product, as the server tells of it. */
export interface ProductVersion extends VersionAnswer {
  readonly product: string;
}

export interface FollowOptions {
  /** Seconds. */
  readonly timeout: number;
  /** Where progress is told; null: nowhere. */
  readonly sink: Sink | null;
}

const LOOK_MS = 250;

interface Listed {
  readonly products: readonly { readonly name: string; readonly versions?: readonly VersionAnswer[] }[];
}

export async function versionsOf(client: Client): Promise<readonly ProductVersion[]> {
  const { products } = await client.json<Listed>('/v1/products');
  return products.flatMap(({ name, versions = [] }) => versions.map((one) => ({ product: name, ...one })));
}

/** Built, and not there yet: one that goes over by itself is there once it is served. */
export const isUnderWay = ({ state, promotes, paused, troubles = [] }: VersionAnswer): boolean =>
  paused !== true &&
  (state === 'building' || (state === 'ready' && promotes === 'by itself' && troubles.length === 0));

/**
 * @param which versions that are followed
 * @returns how they are at the end, in the order of the server
 * @throws Failure `not-in-time`, `version-gone`
 */
export async function follow(
  client: Client,
  which: (one: ProductVersion) => boolean,
  { timeout, sink }: FollowOptions,
): Promise<readonly ProductVersion[]> {
  const until = performance.now() + timeout * 1000;
  const screen = sink === null ? null : new Screen(sink);
  try {
    for (;;) {
      const all = (await versionsOf(client)).filter(which);
      screen?.show(all);
      const gone = all.find(({ state }) => state === 'dropping' || state === 'dropped');
      if (gone !== undefined)
        throw failure('version-gone', `${named(gone)} was cancelled or dropped while it was built.`);
      if (!all.some(isUnderWay)) return all;
      if (performance.now() > until)
        throw failure(
          'not-in-time',
          `${all.filter(isUnderWay).map(text).join('; ')} after ${timeout} s.`,
          'It is built on; tenon status says how far it is.',
        );
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    screen?.end();
  }
}

const named = ({ product, version }: ProductVersion) => `${product} v${version}`;

const text = (one: ProductVersion) => `${named(one)} ${progressText(one)}`;

/** `building 43 %, 12,345 records behind`. */
export function progressText({ state, percent, behind, paused, throttle }: VersionAnswer): string {
  if (state !== 'building') return state;
  const far = percent === undefined ? '' : ` ${percent} %, ${grouped(behind ?? 0)} records behind`;
  const slower = throttle === undefined ? '' : `, at most ${grouped(throttle)} events/s`;
  return `${paused === true ? 'paused' : 'building'}${far}${slower}`;
}

/** On a terminal one line that is drawn anew; elsewhere a line where something is told that was not. */
class Screen {
  private readonly told = new Map<string, string>();
  private drawn = false;

  constructor(private readonly sink: Sink) {}

  show(all: readonly ProductVersion[]): void {
    if (this.sink.isTTY === true) {
      const width = (this.sink.columns ?? 80) - 1;
      this.sink.write(`\r${all.map(text).join(' · ').slice(0, width)}\u001b[K`);
      this.drawn = true;
      return;
    }
    for (const one of all) {
      // Each tenth of the way is enough for a log.
      const step = `${one.state} ${String(one.paused)} ${one.throttle ?? ''} ${Math.floor((one.percent ?? 0) / 10)}`;
      if (this.told.get(named(one)) === step) continue;
      this.told.set(named(one), step);
      this.sink.write(`${text(one)}\n`);
    }
  }

  end(): void {
    if (this.drawn) this.sink.write('\r\u001b[K');
  }
}

/** What became of versions, a line each. */
export function printVersions(all: readonly ProductVersion[], out: Sink, err: Sink): void {
  const { green, yellow } = styles(out);
  for (const one of all) {
    const colour = one.state === 'served' || one.state === 'ready' ? green : yellow;
    const next = one.state === 'ready' ? nextStep(one) : '';
    out.write(`${named(one)} is ${colour(progressText(one))}${next}\n`);
    for (const { code, reason } of one.troubles ?? [])
      err.write(`${styles(err).yellow('warning')} ${named(one)}: ${reason} [${code}]\n`);
  }
}

const nextStep = ({ product, promotes }: ProductVersion) =>
  promotes === 'by itself' ? ': it waits for somebody to look at it' : `: tenon promote ${product}`;
