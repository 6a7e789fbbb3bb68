// The kinds of suites, which their files' names say: `fold.spec.ts` is a unit's, `event-log.contract.spec.ts` a contract's.

/** Kind → what a suite of it is. */
const KINDS = {
  unit: 'one part, in this process',
  contract: 'an adapter against a suite of libs/testing; skipped where its server is not there',
  scenario: 'several services or processes together',
  real: 'on Kafka, NATS and MongoDB; skipped where they are not there',
};

/** @returns what the name says, known or not: `unit` where it says nothing */
function kindOf(path) {
  const [, said = 'unit'] = /\.([^./]+)\.spec\.ts$/.exec(path) ?? [];
  return said;
}

/** Jest's arguments that leave one kind. They leave room for patterns of whoever runs it, and go last. */
function argumentsFor(kind) {
  const others = Object.keys(KINDS).filter((one) => one !== kind && one !== 'unit');
  const ignored = others.map((one) => `\\.${one}\\.spec\\.ts$`);
  // What says no kind: no dot before `.spec.ts`.
  if (kind !== 'unit') ignored.push('/[^./]+\\.spec\\.ts$');
  return ['--testPathIgnorePatterns', '/node_modules/', ...ignored];
}

module.exports = { KINDS, argumentsFor, kindOf };
