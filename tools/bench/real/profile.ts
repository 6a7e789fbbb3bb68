/** The top of a V8 CPU profile, by time spent in the function itself, as a table to read. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[];
}

/** Milliseconds since the start of the process: what lies outside is left out. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Not work: the main thread waits, or V8's own start and end. */
const IDLE = new Set(['(idle)', '(root)']);

/** Arguments for Node to write a profile into `directory` at its end. */
export const profileArgs = (directory: string): string[] => [
  '--cpu-prof',
  `--cpu-prof-dir=${directory}`,
  '--cpu-prof-interval=500',
];

export interface Profiler {
  readonly nodeArgs: readonly string[];
  /** Says whether what comes now counts. */
  mark(counts: boolean): void;
  /** After the process has ended. */
  report(say: (line: string) => void): void;
}

/** To be made right before the process is started. @param directory null: no profile */
export function profiled(directory: string | null, name: string): Profiler {
  if (directory === null) return { nodeArgs: [], mark: () => undefined, report: () => undefined };
  const own = join(directory, name);
  const began = performance.now();
  const spans: { from: number; to: number }[] = [];
  let from: number | null = null;
  const mark = (counts: boolean) => {
    const now = performance.now() - began;
    if (from !== null) spans.push({ from, to: now });
    from = counts ? now : null;
  };
  return {
    nodeArgs: profileArgs(own),
    mark,
    report(say) {
      mark(false);
      say(`profile of ${name}:\n${topOfProfile(own, spans)}`);
    },
  };
}

/** @param rows at most so many functions @returns a table of the newest profile in `directory` */
export function topOfProfile(directory: string, spans: readonly Span[], rows = 45): string {
  const file = readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .sort()
    .at(-1);
  if (file === undefined) return `No profile in ${directory}.`;
  const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile;
  const self = new Map<number, number>();
  let at = 0;
  profile.samples.forEach((node, index) => {
    const micros = profile.timeDeltas[index] ?? 0;
    at += micros;
    const counts = spans.some(({ from, to }) => at >= from * 1000 && at <= to * 1000);
    if (counts) self.set(node, (self.get(node) ?? 0) + micros);
  });
  const totals = new Map<string, number>();
  let busy = 0;
  for (const { id, callFrame } of profile.nodes) {
    const micros = self.get(id) ?? 0;
    if (micros <= 0 || IDLE.has(callFrame.functionName)) continue;
    busy += micros;
    const place = callFrame.url === '' ? '' : placeOf(callFrame.url, callFrame.lineNumber);
    const key = `${callFrame.functionName || '(anonymous)'}  ${place}`;
    totals.set(key, (totals.get(key) ?? 0) + micros);
  }
  const lines = [...totals]
    .sort((a, b) => b[1] - a[1])
    .slice(0, rows)
    .map(
      ([key, micros]) =>
        `${(micros / 1000).toFixed(0).padStart(7)} ms ${((micros / busy) * 100).toFixed(1).padStart(5)} %  ${key}`,
    );
  return [`main thread busy ${(busy / 1000).toFixed(0)} ms (${basename(file)})`, ...lines].join('\n');
}

const bundles = new Map<string, readonly string[]>();

/** Of a function in a bundle, the source file that esbuild names above it. */
function placeOf(url: string, line: number): string {
  const path = url.replace(/^file:\/\//, '');
  if (!path.includes('/dist/')) return `${path.replace(/^.*\/node_modules\//, '')}:${line + 1}`;
  const lines = bundles.get(path) ?? readFileSync(path, 'utf8').split('\n');
  bundles.set(path, lines);
  for (let at = line; at >= 0; at--) {
    const source = /^\/\/ ((?:libs|apps|tools)\/\S+)$/.exec(lines[at] ?? '')?.[1];
    if (source !== undefined) return `${source} (${(lines[line] ?? '').trim().slice(0, 60)})`;
  }
  return `${basename(path)}:${line + 1}`;
}
