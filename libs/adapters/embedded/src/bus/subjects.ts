/** Subjects as in NATS: tokens between dots; `*` stands for one token, `>` at the end for one or more. */

/** True for a subject that can be published to: no wildcards, no empty tokens, no white space. */
export function isSubject(subject: string): boolean {
  return subject
    .split('.')
    .every((token) => token !== '' && token !== '*' && token !== '>' && !/\s/.test(token));
}

/** @returns whether a published subject falls under the subscribed one */
export function subjectMatcher(pattern: string): (subject: string) => boolean {
  const wanted = pattern.split('.');
  if (!wanted.includes('*') && !wanted.includes('>')) return (subject) => subject === pattern;
  return (subject) => {
    const tokens = subject.split('.');
    for (const [index, token] of wanted.entries()) {
      if (token === '>') return tokens.length > index;
      if (tokens[index] === undefined || (token !== '*' && token !== tokens[index])) return false;
    }
    return tokens.length === wanted.length;
  };
}
