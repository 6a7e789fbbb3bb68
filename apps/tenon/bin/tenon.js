#!/usr/bin/env node
// npx tenon ...: installs what is missing, then runs the TypeScript of this checkout as it stands.
const { join } = require('node:path');
const { ROOT, ensureInstalled } = require('../../../tools/install');

ensureInstalled();
// The log, the store and the engine share libuv's pool; with its default of 4 a long query would hold up appends.
process.env.UV_THREADPOOL_SIZE ??= '16';
// The path aliases of the checkout hold wherever the command is called from.
process.env.TSX_TSCONFIG_PATH = join(ROOT, 'tsconfig.base.json');
require('tsx/cjs');
require('../src/main.ts');
