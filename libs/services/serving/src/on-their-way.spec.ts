import { OnTheirWay } from './on-their-way';
import { partsOf } from './page-reader';

const refused = expect.objectContaining({ status: 503, code: 'too-many-questions' });

test('what slow clients have not taken has a bound, and is given back however their streams end', async () => {
  const way = new OnTheirWay(100);
  const streams = [60, 40].map((bytes) => way.send(bytes, ['a', 'b', 'c']));
  for (const stream of streams) await stream.next();
  expect(way.bytes).toBe(100);
  expect(() => way.send(1, [])).toThrow(refused);
  const [first, second] = streams;
  await first?.return(undefined);
  expect(way.bytes).toBe(40);
  const failing = way.send(
    50,
    (function* () {
      yield 'a';
      throw new Error('gone');
    })(),
  );
  await failing.next();
  await expect(failing.next()).rejects.toThrow('gone');
  expect(way.bytes).toBe(40);
  for (let piece = await second?.next(); piece?.done === false;) piece = await second?.next();
  expect(way.bytes).toBe(0);
});

test('one alone goes, however large; one that is never begun holds nothing', async () => {
  const way = new OnTheirWay(0);
  way.send(1_000, ['never begun']);
  const stream = way.send(1_000, ['a']);
  expect(await stream.next()).toEqual({ value: 'a', done: false });
  expect(() => way.send(1, [])).toThrow(refused);
});

test('parts are of whole rows, all of them, and no larger than is said but for their last row', () => {
  for (const rows of [[], ['{}'], ['1', '22', '333', '4444', '5', '6'], ['a'.repeat(50), 'b']]) {
    const parts = partsOf(rows, 4);
    expect(parts.join()).toBe(rows.join());
    expect(parts.every((part) => part.length > 0)).toBe(true);
    for (const part of parts) {
      const [, ...before] = part.split(',').reverse();
      expect(before.join('').length).toBeLessThan(4);
    }
  }
  expect(partsOf(['1', '2'], 100)).toEqual(['1,2']);
});
