// npm test [-- JEST ARGS]: installs what is missing, then runs every suite in one Jest, a line per suite as it goes.
const { ensureInstalled, runBin } = require('./install');

ensureInstalled();
process.exit(
  runBin('jest', process.argv.slice(2), {
    NX_DAEMON: 'false',
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
  }),
);
