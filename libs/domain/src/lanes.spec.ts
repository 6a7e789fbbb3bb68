import * as fc from 'fast-check';
import type { Lane, OffsetVector } from './lanes';
import {
  MAX_PARTITIONS,
  laneKey,
  laneNumber,
  laneOfNumber,
  lanesOf,
  parseLane,
  toLanes,
  toVector,
} from './lanes';

const source = fc.constantFrom('flights', 'shop', 'shop2', 'a-b', 'constructor');
const partition = fc.oneof(fc.nat(12), fc.constant(MAX_PARTITIONS - 1));
const lane: fc.Arbitrary<Lane> = fc.record({ source, partition });

/** Sources with at least one partition: others are not seen in a flat map. */
const vector: fc.Arbitrary<OffsetVector> = fc.dictionary(
  source,
  fc.dictionary(partition.map(String), fc.nat(), { minKeys: 1 }),
);

describe('lanes', () => {
  it('are known by their key', () => {
    fc.assert(fc.property(lane, (one) => expect(parseLane(laneKey(one.source, one.partition))).toEqual(one)));
    expect(laneKey('shop', 3)).toBe('shop/3');
  });

  it('say the same flat and nested by source', () => {
    fc.assert(
      fc.property(vector, (nested) => {
        const plain = JSON.parse(JSON.stringify(nested)) as OffsetVector;
        expect(toVector(toLanes(plain))).toEqual(plain);
      }),
    );
    expect(lanesOf('shop', { '0': 7, '11': 8 })).toEqual({ 'shop/0': 7, 'shop/11': 8 });
  });

  it('name sources that have none where they are asked to', () => {
    expect(toVector({ 'shop/0': 7 }, ['flights', 'shop'])).toEqual({ flights: {}, shop: { '0': 7 } });
    expect(toVector({}, [])).toEqual({});
  });

  it('have numbers of their own among the lanes of a product', () => {
    const sources = ['flights', 'shop', 'constructor'];
    const ofProduct = lane.filter((one) => sources.includes(one.source));
    fc.assert(
      fc.property(ofProduct, (one) => expect(laneOfNumber(sources, laneNumber(sources, one))).toEqual(one)),
    );
    expect(laneNumber(sources, { source: 'flights', partition: 5 })).toBe(5);
    expect(laneNumber(sources, { source: 'shop', partition: 5 })).toBe(MAX_PARTITIONS + 5);
    expect(laneOfNumber(sources, 3 * MAX_PARTITIONS)).toBeUndefined();
    expect(() => laneNumber(sources, { source: 'other', partition: 0 })).toThrow(RangeError);
  });
});
