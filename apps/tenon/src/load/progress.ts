/** How a load gets on: a bar on a terminal, a line now and then elsewhere, nothing if asked for nothing. */
import { Presets, SingleBar } from 'cli-progress';
import type { Sink } from '../cli/output';
import { grouped } from '../cli/output';

export interface Progress {
  update(done: number, rows: number, rejected: number): void;
  note(text: string): void;
  stop(): void;
}

const LINE_EVERY_MS = 5000;

export function createProgress(sink: Sink, label: string, total: number, quiet: boolean): Progress {
  if (quiet) return { update: () => undefined, note: () => undefined, stop: () => undefined };
  return sink.isTTY ? bar(sink, label, total) : lines(sink, label, total);
}

function bar(sink: Sink, label: string, total: number): Progress {
  const single = new SingleBar(
    {
      stream: sink as NodeJS.WritableStream,
      format: `${label} {bar} {percentage}% | {rows} rows | {speed}/s | {left} left{rejected}`,
      barsize: 30,
      fps: 8,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  const began = performance.now();
  let first: number | undefined;
  single.start(Math.max(total, 1), 0, { rows: '0', speed: '-', left: '-', rejected: '' });
  return {
    update: (done, rows, rejected) => {
      first ??= rows;
      const elapsed = (performance.now() - began) / 1000;
      const fraction = total === 0 ? 1 : done / total;
      const left = fraction > 0 ? (elapsed * (1 - fraction)) / fraction : 0;
      single.update(Math.min(done, total), {
        rows: grouped(rows),
        speed: elapsed > 0.5 ? grouped((rows - first) / elapsed) : '-',
        left: `${Math.ceil(left)} s`,
        rejected: rejected > 0 ? ` | ${grouped(rejected)} rejected` : '',
      });
    },
    note: (text) => {
      sink.write(`\r\u001b[K${text}\n`);
    },
    stop: () => single.stop(),
  };
}

function lines(sink: Sink, label: string, total: number): Progress {
  let last = performance.now();
  return {
    update: (done, rows, rejected) => {
      if (performance.now() - last < LINE_EVERY_MS) return;
      last = performance.now();
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      sink.write(
        `${label} ${percent}%: ${grouped(rows)} rows${rejected > 0 ? `, ${grouped(rejected)} rejected` : ''}\n`,
      );
    },
    note: (text) => sink.write(`${text}\n`),
    stop: () => undefined,
  };
}
