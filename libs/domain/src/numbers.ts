/**
 * Numbers that must not be taken for each other. Each is a number at run time; the compiler refuses one kind where another
 * is wanted (numbers.spec.ts holds it to that). A plain number (a literal, the result of arithmetic, a field of JSON) may
 * become any of them: that is where its kind is decided, so say it in the type of what receives it.
 */
type Kind<Name extends string> = number & { readonly __kind?: Name };

/** The place of a record in a partition; as a bound, the next one that is not included. */
export type Offset = Kind<'offset'>;

/** The number of an epoch: the records of a partition between two barriers. */
export type Epoch = Kind<'epoch'>;

/** The number of a base view: the fold of all epochs before it. */
export type Generation = Kind<'generation'>;

/** The number of a line of base views: each full recomputation begins one. */
export type Line = Kind<'line'>;

/** The number of a partition of a source's topic. */
export type Partition = Kind<'partition'>;

/** Generation k holds all epochs below k. */
export const generationBefore = (epoch: Epoch): Generation => epoch + 0;

/** The first epoch that generation k does not hold. */
export const epochAfter = (generation: Generation): Epoch => generation + 0;
