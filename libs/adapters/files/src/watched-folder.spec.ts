import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { WatchedFile, WatchedFolder } from '@tenon/ports';
import { watchedFolder } from './watched-folder';

interface Real {
  readonly readdir: typeof readdir;
}
jest.mock('node:fs/promises', () => {
  const real = jest.requireActual<Real>('node:fs/promises');
  return { ...real, readdir: jest.fn(real.readdir) };
});

let directory: string;
let folder: WatchedFolder;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-watched-'));
  folder = watchedFolder({ folder: directory, fields: new Map() });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const put = (name: string | Buffer, content: string | Uint8Array) =>
  writeFileSync(typeof name === 'string' ? join(directory, name) : name, content);

async function only(): Promise<WatchedFile> {
  const [file, ...more] = await folder.list();
  expect(more).toEqual([]);
  return file as WatchedFile;
}

describe('a folder that is watched', () => {
  const text = `k,n\n${Array.from({ length: 5_000 }, (_, n) => `a,${n}\n`).join('')}`;
  const refused = { code: 'file-unreadable' };

  it('refuses a .gz that ends too early before any of its rows is given', async () => {
    const whole = gzipSync(text);
    put('a.csv.gz', whole.subarray(0, -20));
    await expect(folder.print(await only(), undefined)).rejects.toMatchObject(refused);
    put('a.csv.gz', whole);
    expect(await folder.print(await only(), undefined)).toMatchObject({ size: whole.length });
  });

  it('refuses Parquet without its end', async () => {
    for (const bytes of ['', 'PAR1', 'PAR1 and half of it']) {
      put('a.parquet', bytes);
      const printed = folder.print(await only(), undefined);
      await expect(printed).rejects.toMatchObject(refused);
    }
  });

  it('knows .GZ by its name too', async () => {
    put('A.CSV.GZ', gzipSync('k,n\na,1\n'));
    const file = await only();
    expect(file.mayGrow).toBe(false);
    const rows = [];
    for await (const chunk of folder.read(file, file.size, 0)) rows.push(...chunk);
    expect(rows).toMatchObject([{ number: 1 }]);
  });

  it('names a file whose name is not UTF-8', async () => {
    put(Buffer.concat([Buffer.from(`${directory}/b`), Buffer.from([0xff]), Buffer.from('.csv')]), text);
    expect(await only()).toMatchObject({ name: 'b\ufffd.csv', problem: 'its name is not UTF-8' });
  });

  it('names a folder in it that may not be opened; one that is removed meanwhile has no files', async () => {
    mkdirSync(join(directory, 'sub'));
    put('a.csv', text);
    const real = jest.requireActual<Real>('node:fs/promises').readdir;
    for (const code of ['EACCES', 'ENOENT']) {
      const fails = async (path: string, options: object) => {
        if (path.endsWith('sub')) throw Object.assign(new Error(`${code}: no`), { code });
        return real(path, options as never);
      };
      jest.mocked(readdir).mockImplementation(fails as never);
      const problems = (await folder.list()).map(({ name, problem }) => [name, problem]);
      const closed = code === 'EACCES' ? [['sub/', 'EACCES: no']] : [];
      expect(problems).toEqual([...closed, ['a.csv', undefined]]);
    }
  });
});
