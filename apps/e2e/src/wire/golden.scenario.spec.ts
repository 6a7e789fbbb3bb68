/** What is written today is, to the byte, what the golden files of this edition of the wire hold. */
import type { Message } from '@tenon/contracts/schemas';
import { MESSAGES } from '@tenon/contracts/schemas';
import { WIRE_VERSION } from '@tenon/contracts';
import type { Golden, GoldenSet } from './golden';
import { isRewriting, readGolden, writeGolden } from './golden';
import { writeAll } from './written';

/** Messages of which every byte is of one machine or one process, or of the planner: their shape is checked, not the bytes. */
const SHAPED = [
  ...['plan', 'status-request', 'status-reply', 'reload-request', 'reload-reply', 'alive-hint'],
  ...['versions-request', 'versions-reply', 'step-request', 'step-reply'],
];

const WHAT_TO_DO = `What the services write is not what libs/contracts/golden/v${WIRE_VERSION} holds. If that is not meant, mend the
writer. If it is: golden files of an edition that was released never change. Set WIRE_VERSION to ${WIRE_VERSION + 1}
(libs/contracts/src/versions.ts), run TENON_GOLDEN=write npx jest --projects apps/e2e --testPathPatterns wire/golden
to add golden/v${WIRE_VERSION + 1}, and keep reading v${WIRE_VERSION}. Where a reader of v${WIRE_VERSION} would not read it rightly, raise the message's
own version too: first in \`reads\`, and in \`writes\` one release later (docs/wire.md).`;

describe('the wire', () => {
  let written: GoldenSet;
  let golden: GoldenSet;

  beforeAll(async () => {
    written = await writeAll();
    if (isRewriting) writeGolden(WIRE_VERSION, written);
    golden = readGolden(WIRE_VERSION);
  });

  const difference = (name: string) => differenceOf(written[name] ?? [], golden[name] ?? []);

  const isExact = ([name, { writers }]: readonly [string, Message]) =>
    writers.length > 0 && !SHAPED.includes(name);
  const exact = Object.entries(MESSAGES).filter(isExact);

  test.each(exact.map(([name]) => name))('%s is as it was', (name) => {
    const found = difference(name);
    if (found !== null) throw new Error(`${name}: ${found}\n\n${WHAT_TO_DO}`);
  });

  test('nothing is written that has no golden file', () => {
    expect(Object.keys(written).filter((name) => !(name in golden))).toEqual([]);
  });

  test('is the same each time', async () => {
    expect(await writeAll()).toEqual(written);
  });
});

/** @returns the first difference in words; null if there is none */
function differenceOf(written: readonly Golden[], golden: readonly Golden[]): string | null {
  if (golden.length === 0) return 'there is no golden file of it';
  for (let index = 0; index < Math.max(written.length, golden.length); index++) {
    const [now, before] = [JSON.stringify(written[index]), JSON.stringify(golden[index])];
    if (now !== before)
      return `message ${index + 1}\n  is      ${now ?? 'not written'}\n  golden  ${before ?? 'there is none'}`;
  }
  return null;
}
