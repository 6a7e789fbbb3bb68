// npm start [-- OPTIONS]: Tenon with the example catalog, fed with real flights; `npm start -- --help` lists the options.
const { join } = require('node:path');
const { ROOT, ensureInstalled } = require('./install');

ensureInstalled();
// The log, the store and the engine share libuv's pool; with its default of 4 a long query would hold up appends.
process.env.UV_THREADPOOL_SIZE ??= '16';
process.env.TSX_TSCONFIG_PATH = join(ROOT, 'tsconfig.base.json');
require('tsx/cjs');
const { main } = require('../apps/tenon/src/demo');

main(process.argv.slice(2)).then((code) => process.exit(code));
