import type { StateSpec } from '../states/spec';
import type { CellVersion } from './fold';
import { foldCell, versionAt } from './fold';

const COUNT: StateSpec[] = [{ kind: 'count' }];

describe('foldCell', () => {
  it('keeps what readers of earlier generations see, and repeats to the same', () => {
    let versions: CellVersion[] = [];
    const change = (from: number, to: number, n: number) => ({ from, to, states: [n], amended: false });
    versions = foldCell(COUNT, versions, change(0, 1, 5));
    versions = foldCell(COUNT, versions, change(1, 2, 7));
    const again = foldCell(COUNT, versions, change(1, 2, 7));
    expect(again).toEqual(versions);
    expect(versionAt(versions, 1)?.s).toEqual([5]);
    expect(versionAt(versions, 2)?.s).toEqual([12]);
    expect(versionAt(versions, 0)).toBeUndefined();
  });

  it('is not misled by what an aborted run left behind', () => {
    const base = foldCell(COUNT, [], { from: 0, to: 1, states: [5], amended: false });
    const aborted = foldCell(COUNT, base, { from: 1, to: 2, states: [1], amended: false });
    const whole = foldCell(COUNT, aborted, { from: 1, to: 3, states: [9], amended: false });
    expect(versionAt(whole, 3)?.s).toEqual([14]);
    expect(versionAt(foldCell(COUNT, whole, { from: 3, to: 4, states: [1], amended: false }), 4)?.s).toEqual([
      15,
    ]);
  });

  it('leaves alone what a run beside it has made, since either may be the one that is served', () => {
    const base = foldCell(COUNT, [], { from: 0, to: 1, states: [5], amended: false });
    const short = foldCell(COUNT, base, { from: 1, to: 2, states: [1], amended: false });
    const both = foldCell(COUNT, short, { from: 1, to: 3, states: [9], amended: false });
    expect(versionAt(both, 2)?.s).toEqual([6]);
    const late = foldCell(COUNT, both, { from: 1, to: 2, states: [1], amended: false });
    expect(versionAt(late, 3)?.s).toEqual([14]);
    expect(versionAt(late, 1)?.s).toEqual([5]);
  });

  it('keeps one version to build on, so a cell holds no more for having changed often', () => {
    let versions: CellVersion[] = [];
    for (let to = 1; to <= 9; to++)
      versions = foldCell(COUNT, versions, { from: to - 1, to, states: [1], amended: false });
    expect(versions.map(({ g, s }) => [g, s[0]])).toEqual([
      [9, 9],
      [8, 8],
    ]);
  });

  it('marks a final row that a late event changed, for good', () => {
    const base = foldCell(COUNT, [], { from: 0, to: 1, states: [5], amended: false });
    const amended = foldCell(COUNT, base, { from: 1, to: 2, states: [1], amended: true });
    expect(foldCell(COUNT, amended, { from: 2, to: 3, states: [1], amended: false })[0]).toEqual({
      g: 3,
      s: [7],
      a: true,
    });
  });
});
