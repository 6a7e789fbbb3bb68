import type { WireCell } from '@tenon/contracts';
import * as fc from 'fast-check';
import { merged, sorted } from './sorted-cells';

const cellOf = (id: string): WireCell => ({ id, key: '[]', states: '[]' });
const idsOf = (cells: readonly WireCell[]) => cells.map(({ id }) => id);

test('sorted pieces become one in the order of keys, with turns for others between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.string({ maxLength: 3 }))), async (pieces) => {
      let turns = 0;
      const next = async () => void (turns += 1);
      const cells = await merged(
        pieces.map((ids) => sorted(ids.map(cellOf))),
        { isDue: true, next },
      );
      expect(idsOf(cells)).toEqual(pieces.flat().sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      expect(turns).toBeGreaterThanOrEqual(Math.max(0, pieces.length - 1));
    }),
  );
});
