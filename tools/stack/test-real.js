// npm run test:real [-- JEST ARGS]: starts the servers that are missing, runs every suite that needs them, stops them.
const { ensureInstalled, runBin } = require('../install');

ensureInstalled();
process.exit(runBin('tsx', ['tools/stack/main.ts', 'test', ...process.argv.slice(2)]));
