/**
 * npm run bench [-- NAME...]: ingest, speed, landing, serving, questions-beside, freshness, cut-freshness, scale, batch and rebuild (after scale),
 * archive, adding, away, sift, versions. Writes docs/benchmarks.md if all ran. `BENCH_EVENTS`: the history of adding, and of versions. `--against DIRECTORY`: landing and cut-freshness measure the code of that checkout as well.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAdding } from './adding';
import { benchArchive } from './archive';
import { benchAway } from './away';
import { benchBatch } from './batch';
import type { Checkout } from './checkout';
import { openCheckout } from './checkout';
import { benchCutFreshness } from './cut-freshness';
import { benchFreshness } from './freshness';
import { benchIngest } from './ingest';
import { benchLanding } from './landing';
import { benchQuestionsBeside } from './questions-beside';
import { benchRebuild } from './rebuild';
import { Report } from './report';
import { benchScale } from './scale';
import { benchServing } from './serving';
import { benchSift } from './sift';
import { benchSpeed } from './speed';
import { benchVersions } from './versions';

type Bench = (directory: string, report: Report, against?: Checkout) => Promise<void>;

const ALL: Readonly<Record<string, Bench>> = {
  ingest: benchIngest,
  speed: benchSpeed,
  landing: benchLanding,
  serving: benchServing,
  'questions-beside': benchQuestionsBeside,
  freshness: benchFreshness,
  'cut-freshness': benchCutFreshness,
  scale: benchScale,
  batch: benchBatch,
  rebuild: benchRebuild,
  archive: benchArchive,
  adding: benchAdding,
  away: benchAway,
  sift: benchSift,
  versions: benchVersions,
};

const HEAD = `# Benchmarks

\`npm run bench\` makes this page: each figure stands beside a yardstick measured in the same run, since machines differ and
drift. What is compared, and how, is in \`tools/bench\`; what the figures mean, and why some are missed, in
[performance.md](performance.md).
`;

async function main(): Promise<void> {
  const { values, positionals: names } = parseArgs({
    allowPositionals: true,
    options: { against: { type: 'string' } },
  });
  const against = values.against === undefined ? undefined : openCheckout(values.against);
  const unknown = names.filter((name) => !(name in ALL));
  if (unknown.length > 0) {
    console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(ALL).join(', ')}.`);
    process.exit(2);
  }
  const directory = mkdtempSync(join(tmpdir(), 'tenon-bench-'));
  const report = new Report();
  try {
    for (const [name, bench] of Object.entries(ALL)) {
      if (names.length > 0 && !names.includes(name)) continue;
      console.log(`\n${name}`);
      await bench(directory, report, against);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  if (names.length === 0)
    writeFileSync(join(__dirname, '../../docs/benchmarks.md'), `${HEAD}\n${report.markdown()}`);
  else console.log(`\n${report.markdown()}`);
}

void main();
