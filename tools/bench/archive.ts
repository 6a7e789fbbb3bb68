/** The archive: what a look for due runs costs as it grows old, and what it costs to check files before they are read. */
import { Child, median } from './child';
import type { Report } from './report';

interface Look {
  readonly days: number;
  readonly files: number;
  /** Milliseconds of each look. */
  readonly looks: number[];
  /** Milliseconds to find the files between the last two cuts. */
  readonly found: number;
  readonly takenIn: number;
}

interface Digests {
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds of each run without a check, and of each check. */
  readonly runs: number[];
  readonly checks: number[];
}

export async function benchArchive(directory: string, report: Report): Promise<void> {
  const child = await Child.start('archive', [`${directory}/archive`]);
  const { looks, digests } = child.ready as unknown as { looks: Look[]; digests: Digests };
  await child.stop();
  for (const { days, files, looks: times, found, takenIn } of looks)
    report.bound(
      `look for due runs, ${days === 1 ? 'a day' : `${days} days`} of a cut a minute in 4 partitions`,
      `${median(times).toFixed(2)} ms`,
      'at most 10 ms',
      median(times) <= 10,
      `${files.toLocaleString('en-US')} files; the last cut’s found in ${found.toFixed(2)} ms; taken in from a listing once, in ${(takenIn / 1000).toFixed(1)} s`,
    );
  const [run, check] = [median(digests.runs), median(digests.checks)];
  const mebibytes = digests.bytes / 2 ** 20;
  report.bound(
    `a run over ${digests.events.toLocaleString('en-US')} events, with digests checked`,
    `${Math.round(run + check)} ms, without ${Math.round(run)} ms`,
    'at most 1.1 times',
    (run + check) / run <= 1.1,
    `${((run + check) / run).toFixed(3)} times; ${mebibytes.toFixed(0)} MiB of files at ${Math.round(mebibytes / (check / 1000))} MiB/s`,
  );
}
