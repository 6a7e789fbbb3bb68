import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@tenon/testing';
import { DiskWatch, diskWarnings } from './disk';

const GIB = 2 ** 30;
const use = (free: number, size: number) => ({ part: 'log', path: '/data/log', used: 3 * GIB, free, size });

test('what a folder takes, and what is left of its disk', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-disk-'));
  try {
    mkdirSync(join(directory, 'log/topic'), { recursive: true });
    writeFileSync(join(directory, 'log/topic/0'), Buffer.alloc(200_000, 1));
    const watch = new DiskWatch([
      { part: 'log', path: join(directory, 'log') },
      { part: 'lake', path: join(directory, 'not-there-yet') },
    ]);
    const [first, ...others] = await watch.read();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ part: 'log', used: null });
    expect(first?.free).toBeGreaterThan(0);
    expect(first?.size).toBeGreaterThanOrEqual(first?.free ?? 0);
    await eventually('it is counted', async () => ((await watch.read())[0]?.used ?? 0) >= 200_000);
    expect(watch.latest[0]?.used).toBeLessThan(300_000);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.each([
  ['half of it', 50 * GIB, 100 * GIB, 0],
  ['less than a twentieth', 4.9 * GIB, 100 * GIB, 1],
  ['less than a GiB of a small one', 0.9 * GIB, 10 * GIB, 1],
  ['more than a GiB and a twentieth of a small one', 1.1 * GIB, 10 * GIB, 0],
])('%s left', (_what, free, size, warnings) => {
  expect(diskWarnings([use(free, size)])).toHaveLength(warnings);
});

test('a warning names the part, its folder, what it takes and what is left', () => {
  expect(diskWarnings([use(GIB / 2, 10 * GIB)])).toMatchObject([
    {
      code: 'disk-low',
      message: '0.5 GiB of 10.0 GiB are left for the log (/data/log, which takes 3.0 GiB).',
    },
  ]);
});
