// npm run start:SERVICE [-- --check-config]: one service as a process of its own, from the TypeScript of this checkout.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { ROOT, ensureInstalled } = require('./install');

const [name, ...args] = process.argv.slice(2);
const main = join(ROOT, 'apps', String(name), 'src', 'main.ts');
if (!/^\w+$/.test(String(name)) || !existsSync(main)) {
  console.error('usage: node tools/service.js ingestion|speed|batch|consumption|serving [--check-config]');
  process.exit(2);
}
ensureInstalled();
process.argv.splice(1, process.argv.length - 1, main, ...args);
// The log, the store and the engine share libuv's pool; with its default of 4 a long query would hold up the rest.
process.env.UV_THREADPOOL_SIZE ??= '16';
process.env.TSX_TSCONFIG_PATH = join(ROOT, 'tsconfig.base.json');
require('tsx/cjs');
require(main);
