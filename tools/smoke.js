// node tools/smoke.js: runs `npm start` as a newcomer would, until it serves rows of the example, and ends it with Ctrl-C.
const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const LIMIT_MS = 240_000;
const data = mkdtempSync(join(tmpdir(), 'tenon-smoke-'));
const port = 17_070 + (process.pid % 1000);
const started = Date.now();

const child = spawn('npm', ['start', '--silent', '--', '--data', data, '--port', String(port)], {
  cwd: join(__dirname, '..'),
  stdio: ['ignore', 'inherit', 'inherit'],
  // A group of its own: Ctrl-C reaches all processes of a terminal's foreground group, npm's child too.
  detached: true,
});
const signal = (name) => process.kill(-child.pid, name);
let exited = null;
child.on('exit', (code, signal) => (exited = { code, signal }));

/** Rows that the batch layer serves, so that loading, cutting and a batch run have all worked. */
async function servedRows() {
  const response = await fetch(`http://127.0.0.1:${port}/v1/products/airport_hours/rows?layer=batch&limit=5`);
  const answer = await response.json();
  return response.ok && answer.answer.generation > 0 ? answer.rows : [];
}

const isUp = () =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    () => true,
    () => false,
  );

async function main() {
  for (;;) {
    if (exited !== null) throw new Error(`npm start ended early: ${JSON.stringify(exited)}`);
    if (Date.now() - started > LIMIT_MS) throw new Error('no rows are served after four minutes');
    const rows = await servedRows().catch(() => []);
    if (rows.length > 0) break;
    await new Promise((done) => setTimeout(done, 500));
  }
  console.log(`\nserved after ${Math.round((Date.now() - started) / 1000)} s, ending with Ctrl-C`);
  signal('SIGINT');
  const stopping = Date.now();
  while (exited === null && Date.now() - stopping < 30_000)
    await new Promise((done) => setTimeout(done, 100));
  // npm itself tells that a signal ended it.
  const clean = exited !== null && (exited.code === 0 || exited.signal === 'SIGINT');
  if (!clean || (await isUp())) throw new Error(`npm start did not end cleanly: ${JSON.stringify(exited)}`);
  console.log('npm start ended cleanly');
}

main()
  .catch((error) => {
    console.error(`smoke run failed: ${error.message}`);
    process.exitCode = 1;
  })
  .finally(() => {
    if (exited === null) signal('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });
