import type { Topology } from '@tenon/domain';
import type { Layer } from '@tenon/views';
import type { ServingScope } from './scope';
import { mustAnswer } from './scope';

const SCOPES: readonly ServingScope[] = ['all', 'combined', 'batch', 'speed'];
const LAYERS: readonly Layer[] = ['merged', 'batch', 'speed'];

/** Which layers of a product a serving answers. */
const answered = (scope: ServingScope, topology: Topology) =>
  LAYERS.filter((layer) => {
    try {
      mustAnswer(scope, { product: 'sales', topology }, layer);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ status: 421, code: 'layer-elsewhere' });
      return false;
    }
  });

test('a serving of one layer answers that layer of products whose layers are apart, and nothing else', () => {
  for (const topology of ['lambda', 'kappa'] as const)
    expect(SCOPES.map((scope) => answered(scope, topology))).toEqual([LAYERS, LAYERS, [], []]);
  expect(SCOPES.map((scope) => answered(scope, 'lambda-separate'))).toEqual([
    ...[LAYERS, [], ['batch'], ['speed']],
  ]);
});
