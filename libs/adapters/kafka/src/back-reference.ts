/**
 * Repeats what stands `distance` bytes before `to`; the two may overlap, so that a short piece is repeated many times.
 *
 * @returns where it ends. @throws an Error if that is not within the buffer
 */
export function appendCopy(out: Buffer, to: number, distance: number, length: number): number {
  if (distance === 0 || distance > to || to + length > out.length)
    throw new Error('a compressed block points outside of itself');
  if (distance >= length) out.copyWithin(to, to - distance, to - distance + length);
  else for (let i = to; i < to + length; i++) out[i] = out[i - distance] as number;
  return to + length;
}
