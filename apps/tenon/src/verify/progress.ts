/** How far a check is: a bar on a terminal, a line now and then elsewhere, nothing if asked for nothing. */
import { Presets, SingleBar } from 'cli-progress';
import type { Sink } from '../cli/output';
import { grouped } from '../cli/output';
import type { Watcher } from './findings';

const LINE_EVERY_MS = 5000;

export function watch(sink: Sink, quiet: boolean): Watcher {
  if (quiet) return { begin: () => undefined, add: () => undefined, end: () => undefined };
  return sink.isTTY ? new Bar(sink) : new Lines(sink);
}

class Bar implements Watcher {
  private single: SingleBar | null = null;

  constructor(private readonly sink: Sink) {}

  begin(what: string, total: number): void {
    const known = total > 0 ? '{bar} {percentage}%' : '{value}';
    this.single = new SingleBar(
      {
        stream: this.sink as NodeJS.WritableStream,
        format: `${what.padEnd(8)} ${known}`,
        ...{ barsize: 30, fps: 8, hideCursor: true, clearOnComplete: true, gracefulExit: false },
      },
      Presets.shades_classic,
    );
    this.single.start(Math.max(total, 1), 0);
  }

  add(count: number): void {
    this.single?.increment(count);
  }

  end(): void {
    this.single?.stop();
  }
}

class Lines implements Watcher {
  private what = '';
  private total = 0;
  private done = 0;
  private last = performance.now();

  constructor(private readonly sink: Sink) {}

  begin(what: string, total: number): void {
    Object.assign(this, { what, total, done: 0 });
  }

  add(count: number): void {
    this.done += count;
    if (performance.now() - this.last < LINE_EVERY_MS) return;
    this.last = performance.now();
    const far = this.total > 0 ? `${Math.floor((this.done / this.total) * 100)}%` : grouped(this.done);
    this.sink.write(`${this.what} ${far}\n`);
  }

  end(): void {
    this.last = performance.now();
  }
}
