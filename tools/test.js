// npm test [-- JEST ARGS]: installs what is missing, then runs every suite in one Jest, a line per suite as it goes.
// npm run test:unit (test:contract, test:scenario) [-- JEST ARGS]: those of one kind.
const { ensureInstalled, runBin } = require('./install');
const { KINDS, argumentsFor } = require('./kinds/kinds');

const [option, kind, ...rest] = process.argv.slice(2);
const ofKind = option === '--kind';
if (ofKind && !Object.hasOwn(KINDS, kind)) {
  console.error(`--kind is one of ${Object.keys(KINDS).join(', ')}`);
  process.exit(2);
}

ensureInstalled();
process.exit(
  runBin('jest', ofKind ? [...rest, ...argumentsFor(kind)] : process.argv.slice(2), {
    NX_DAEMON: 'false',
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
  }),
);
