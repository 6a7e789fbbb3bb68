// npm start [-- OPTIONS]: Tenon with the example catalog, fed with real flights; `npm start -- --help` lists the options.
const { join } = require('node:path');
const { ROOT, ensureInstalled } = require('./install');

ensureInstalled();
process.env.TSX_TSCONFIG_PATH = join(ROOT, 'tsconfig.base.json');
require('tsx/cjs');
const { main } = require('../apps/tenon/src/demo');

main(process.argv.slice(2)).then((code) => process.exit(code));
