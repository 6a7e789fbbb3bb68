// Installs the dependencies if they are missing or older than the lock file, so that one command is enough.
const {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');

/** npm keeps a lock file of what it has installed. One that is newer than ours, or says the same, is current. */
function isCurrent() {
  const ours = join(ROOT, 'package-lock.json');
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync(ours).mtimeMs) return true;
  // `npm install PACKAGE` writes ours last.
  try {
    const [wanted, there] = [ours, installed].map((file) => JSON.parse(readFileSync(file, 'utf8')).packages);
    return Object.entries(wanted).every(
      ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
    );
  } catch {
    return false;
  }
}

/** Ends the process with a message if Node is too old or the installation fails. */
function ensureInstalled() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    console.error(`Tenon needs Node 20 or later; this is ${process.version}. See https://nodejs.org.`);
    process.exit(1);
  }
  if (isCurrent()) return;
  const unlock = lock();
  const whole = isCurrent() || install();
  unlock();
  if (!whole) process.exit(1);
}

/** Services that start together must not install together: npm ci empties the folder that another one fills. */
function lock() {
  const folder = join(
    tmpdir(),
    `tenon-install-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}`,
  );
  const holder = join(folder, 'pid');
  for (;;) {
    const mine = `${folder}.${process.pid}`;
    mkdirSync(mine, { recursive: true });
    writeFileSync(join(mine, 'pid'), String(process.pid));
    try {
      // Fails while the other folder is there, since that one is not empty.
      renameSync(mine, folder);
      return () => rmSync(folder, { recursive: true, force: true });
    } catch {
      rmSync(mine, { recursive: true, force: true });
    }
    if (!isAlive(holder)) rmSync(folder, { recursive: true, force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}

function isAlive(holder) {
  try {
    process.kill(Number(readFileSync(holder, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** @returns false, with a message, if it fails */
function install() {
  console.error('Installing dependencies (once) ...');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) console.error('npm ci failed (see above). Mend it and run the same command again.');
  return npm.status === 0;
}

/** Runs a program of node_modules/.bin in the checkout and resolves to its exit code. */
function runBin(name, args, env = {}, stdio = 'inherit') {
  const result = spawnSync(join(ROOT, 'node_modules', '.bin', name), args, {
    cwd: ROOT,
    stdio,
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  return result.status ?? 1;
}

module.exports = { ROOT, ensureInstalled, runBin };
