// Installs the dependencies if they are missing or older than the lock file, so that one command is enough.
const { existsSync, statSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');

/** npm writes its own lock file last, so one that is newer than ours says that the installation is whole and current. */
function isCurrent() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs
  );
}

/** Ends the process with a message if Node is too old or the installation fails. */
function ensureInstalled() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    console.error(`Tenon needs Node 20 or later; this is ${process.version}. See https://nodejs.org.`);
    process.exit(1);
  }
  if (isCurrent()) return;
  console.error('Installing dependencies (once) ...');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    console.error('npm ci failed (see above). Mend it and run the same command again.');
    process.exit(1);
  }
}

/** Runs a program of node_modules/.bin in the checkout and resolves to its exit code. */
function runBin(name, args, env = {}) {
  const result = spawnSync(join(ROOT, 'node_modules', '.bin', name), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  return result.status ?? 1;
}

module.exports = { ROOT, ensureInstalled, runBin };
