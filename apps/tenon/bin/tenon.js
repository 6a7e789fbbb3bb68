#!/usr/bin/env node
// npx tenon ...: installs what is missing, then runs the TypeScript of this checkout as it stands.
const { join } = require('node:path');
const { ROOT, ensureInstalled } = require('../../../tools/install');

ensureInstalled();
// The path aliases of the checkout hold wherever the command is called from.
process.env.TSX_TSCONFIG_PATH = join(ROOT, 'tsconfig.base.json');
require('tsx/cjs');
require('../src/main.ts');
