/** npm run bench [-- NAME...]: ingest, speed, freshness, scale, batch (after scale). Writes docs/benchmarks.md if all ran. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchBatch } from './batch';
import { benchFreshness } from './freshness';
import { benchIngest } from './ingest';
import { Report } from './report';
import { benchScale } from './scale';
import { benchSpeed } from './speed';

const ALL = {
  ingest: benchIngest,
  speed: benchSpeed,
  freshness: benchFreshness,
  scale: benchScale,
  batch: benchBatch,
};

const HEAD = `# Benchmarks

\`npm run bench\` makes this page: each figure stands beside a yardstick measured in the same run, since machines differ and
drift. What is compared, and how, is in \`tools/bench\`; what the figures mean, and why some are missed, in
[performance.md](performance.md).
`;

async function main(names: readonly string[]): Promise<void> {
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
      await bench(directory, report);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  if (names.length === 0)
    writeFileSync(join(__dirname, '../../docs/benchmarks.md'), `${HEAD}\n${report.markdown()}`);
  else console.log(`\n${report.markdown()}`);
}

void main(process.argv.slice(2));
