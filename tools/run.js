// node tools/run.js PROGRAM ARGS...: a program of node_modules/.bin, after installing what is missing.
const { ensureInstalled, runBin } = require('./install');

ensureInstalled();
const [program, ...args] = process.argv.slice(2);
process.exit(runBin(program, args));
