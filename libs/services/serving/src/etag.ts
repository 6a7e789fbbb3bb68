/** True if `If-None-Match` names the answer: any of its tags, weak or not, or `*`. */
export function isKnown(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((one) => weak(one) === weak(etag));
}

const weak = (tag: string) => tag.trim().replace(/^W\//, '');
