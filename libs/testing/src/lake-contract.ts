/** What every Lake must do. Run it with `describeLakeContract` in the adapter's spec. */
import { TenonError } from '@tenon/errors';
import type { Lake } from '@tenon/ports';
import { uniqueName } from './unique';

export interface LakeHarness {
  /** The same lake each time, as a process that starts finds it. */
  open(): Promise<Lake>;
  /** Writes a local file, as the engine does to a staged path. */
  write(path: string, content: string): Promise<void>;
  read(path: string): Promise<string>;
  dispose?(): Promise<void>;
}

export function describeLakeContract(name: string, create: () => Promise<LakeHarness>): void {
  describe(`${name} keeps the contract of Lake`, () => {
    let harness: LakeHarness;
    let lake: Lake;

    beforeAll(async () => {
      harness = await create();
      lake = await harness.open();
    });

    afterAll(() => harness.dispose?.());

    const stage = async (content: string) => {
      const path = await lake.stage();
      await harness.write(path, content);
      return path;
    };
    const put = async (to: string, content: string) => lake.commit(await stage(content), to);
    const names = async (prefix: string) => (await lake.list(prefix)).map((file) => file.name);

    test('a staged file is seen by nobody until it is committed, and then whole', async () => {
      const folder = uniqueName('contract');
      const staged = await stage('content');
      expect(await lake.list('')).not.toContainEqual(expect.objectContaining({ bytes: 7 }));
      await expect(lake.path(`${folder}/p=0/a.parquet`)).rejects.toBeInstanceOf(TenonError);
      await lake.commit(staged, `${folder}/p=0/a.parquet`);
      expect(await lake.list(folder)).toEqual([{ name: `${folder}/p=0/a.parquet`, bytes: 7 }]);
      expect(await harness.read(await lake.path(`${folder}/p=0/a.parquet`))).toBe('content');
    });

    test('committing under an equal name replaces the file', async () => {
      const file = `${uniqueName('contract')}/a`;
      await put(file, 'first');
      await put(file, 'second one');
      expect(await lake.list(file)).toEqual([{ name: file, bytes: 10 }]);
      expect(await harness.read(await lake.path(file))).toBe('second one');
    });

    test('files are listed by name, below any prefix', async () => {
      const folder = uniqueName('contract');
      const files = ['b/1', 'a/10', 'a/2', 'a-1', 'ab/c/d', 'B', 'a/1'].map((file) => `${folder}/${file}`);
      for (const file of files) await put(file, 'x');
      const sorted = [...files].sort((one, other) => (one < other ? -1 : 1));
      expect(await names(`${folder}/`)).toEqual(sorted);
      for (const prefix of ['a', 'a/', 'a/1', 'ab/c', 'ab/c/d', 'nothing/']) {
        expect(await names(`${folder}/${prefix}`)).toEqual(
          sorted.filter((file) => file.startsWith(`${folder}/${prefix}`)),
        );
      }
      expect((await names('')).filter((file) => file.startsWith(`${folder}/`))).toEqual(sorted);
    });

    test('a removed file is gone, and removing it again is no error', async () => {
      const file = `${uniqueName('contract')}/a`;
      await put(file, 'x');
      await lake.remove(file);
      await lake.remove(file);
      expect(await lake.list(file)).toEqual([]);
      await expect(lake.path(file)).rejects.toBeInstanceOf(TenonError);
    });

    test('a print is of what a file holds, staged or committed, and of nothing else', async () => {
      const folder = uniqueName('contract');
      const [one, same, other] = [await stage('content'), await stage('content'), await stage('Content')];
      const print = await lake.print(one);
      // sha256sum, cut to 32 digits.
      expect(print).toEqual({ bytes: 7, digest: 'ed7002b439e9ac845f22357d822bac14' });
      expect(await lake.print(same)).toEqual(print);
      expect(await lake.print(other)).not.toEqual(print);
      await lake.commit(one, `${folder}/a`);
      expect(await lake.print(await lake.path(`${folder}/a`))).toEqual(print);
      await lake.commit(other, `${folder}/a`);
      expect(await lake.print(await lake.path(`${folder}/a`))).not.toEqual(print);
    });

    test('names that lead elsewhere are refused', async () => {
      const names = [
        '../a',
        'a/../../b',
        '/etc/passwd',
        'a//b',
        '',
        '.',
        '..',
        'a/',
        './a',
        'a/.hidden',
        'a\\..\\b',
        'a\0b',
        'a/..',
      ];
      for (const bad of names) {
        const staged = await stage('x');
        await expect(lake.commit(staged, bad)).rejects.toMatchObject({ code: 'invalid-name' });
        await expect(lake.path(bad)).rejects.toMatchObject({ code: 'invalid-name' });
        await expect(lake.remove(bad)).rejects.toMatchObject({ code: 'invalid-name' });
      }
      for (const bad of ['../', '/', 'a/../'])
        await expect(lake.list(bad)).rejects.toMatchObject({ code: 'invalid-name' });
    });

    test('only a staged file can be committed, and once', async () => {
      const folder = uniqueName('contract');
      const staged = await stage('x');
      await lake.commit(staged, `${folder}/a`);
      await expect(lake.commit(staged, `${folder}/b`)).rejects.toBeInstanceOf(TenonError);
      await expect(lake.commit(await lake.path(`${folder}/a`), `${folder}/c`)).rejects.toMatchObject({
        code: 'not-staged',
      });
      expect(await names(folder)).toEqual([`${folder}/a`]);
    });

    test('many can commit at once', async () => {
      const folder = uniqueName('contract');
      const files = Array.from(
        { length: 20 },
        (_, i) => `${folder}/p=${i % 3}/${String(i).padStart(2, '0')}`,
      );
      await Promise.all(files.map((file) => put(file, file)));
      expect(await names(`${folder}/`)).toEqual([...files].sort());
      for (const file of files) expect(await harness.read(await lake.path(file))).toBe(file);
    });

    test('what was committed is there for the next process, what was staged is not', async () => {
      const folder = uniqueName('contract');
      await put(`${folder}/a`, 'x');
      await stage('left over');
      const before = await names('');
      lake = await harness.open();
      expect(await names('')).toEqual(before);
      expect(await names(folder)).toEqual([`${folder}/a`]);
    });
  });
}
