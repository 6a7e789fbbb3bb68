/** In a process that runs the TypeScript as bin/tenon.js does: how modules are loaded there is another way than Jest's. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../../../..');

const SCRIPT = `
const { createTables } = require(${JSON.stringify(join(__dirname, 'tables.ts'))});
async function size(format) {
  let bytes = 0;
  const head = { columns: [{ name: 'v', type: 'BIGINT' }], metadata: {} };
  for await (const piece of createTables().encode(format, head, [[{ v: 1 }]])) bytes += piece.length;
  return bytes;
}
(async () => console.log(JSON.stringify([await size('arrow'), await size('parquet')])))();
`;

test('both formats are written by a checkout as it is started', async () => {
  const { JEST_WORKER_ID: _, ...inherited } = process.env;
  const env = { ...inherited, TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.base.json') };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['-r', require.resolve('tsx/cjs'), '-e', SCRIPT],
    { cwd: __dirname, env },
  );
  for (const bytes of JSON.parse(stdout) as number[]) expect(bytes).toBeGreaterThan(100);
});
