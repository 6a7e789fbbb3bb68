/** True if `If-None-Match` names the answer: any of its tags, weak or not, or `*`. */
export function isKnown(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  const weak = (tag: string) => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.split(',').some((one) => weak(one) === weak(etag));
}
