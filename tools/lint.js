// npm run lint: ESLint over the whole tree. The boundary rule reads Nx's project graph, so that is made first.
const { ensureInstalled, runBin } = require('./install');

ensureInstalled();
const env = { NX_DAEMON: 'false' };
if (runBin('nx', ['show', 'projects'], env, ['ignore', 'ignore', 'inherit']) !== 0) process.exit(1);
process.exit(runBin('eslint', ['.', ...process.argv.slice(2)], env));
