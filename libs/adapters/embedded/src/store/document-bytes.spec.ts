import fc from 'fast-check';
import { checkedText } from './checked-text';
import { DocumentBytes } from './document-bytes';

const json = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary', maxLength: 700 }),
  // Some that are short for the loop, some that are not, and some with memory of their own.
  fc
    .tuple(fc.constantFrom('a', 'ä', '日', '😀', '\ud800'), fc.nat({ max: 6000 }))
    .map(([unit, n]) => unit.repeat(n)),
);

test('the bytes are those of the checked text, and stay so', () => {
  fc.assert(
    fc.property(fc.array(json, { maxLength: 30 }), (texts) => {
      const documents = new DocumentBytes();
      const made = texts.map((text) => documents.of(text));
      const wanted = texts.map((text) => Buffer.from(checkedText(text)));
      expect(made.map((bytes) => Buffer.from(bytes))).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});
