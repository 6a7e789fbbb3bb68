import fc from 'fast-check';
import { screen } from './screen';

it('any JSON object with names of ASCII letters, 30 deep at most, passes the screen', () => {
  const names = fc.stringMatching(/^[a-z]{1,6}$/);
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', maxDepth: 8 },
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(tie('tree')),
      fc.dictionary(names, tie('tree')),
    ),
  }));
  fc.assert(fc.property(tree, (value) => expect(screen(value, true, '')).toBeUndefined()));
});
