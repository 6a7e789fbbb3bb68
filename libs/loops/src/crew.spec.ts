import { Crew } from './crew';

class Part {
  readonly done: Promise<void>;
  fail: (error: Error) => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly said: string[],
    private readonly starts = true,
  ) {
    this.done = new Promise((_resolve, reject) => (this.fail = reject));
    this.done.catch(() => undefined);
  }

  async start(): Promise<void> {
    this.said.push(`start ${this.name}`);
    if (!this.starts) throw new Error(`${this.name} does not start`);
  }

  async stop(): Promise<void> {
    this.said.push(`stop ${this.name}`);
  }
}

let said: string[];
let crew: Crew<Part>;
beforeEach(() => {
  said = [];
  crew = new Crew();
});

const want = (...names: string[]) =>
  crew.change(new Map(names.map((name) => [name, () => new Part(name, said)])));
const names = () => crew.all.map(({ name }) => name);

test('who is gone stops before who is new starts; those that stay are not touched', async () => {
  await want('a', 'b');
  const [a] = crew.all;
  said.length = 0;
  await want('a', 'c');
  expect(said).toEqual(['stop b', 'start c']);
  expect(names()).toEqual(['a', 'c']);
  expect(crew.get('a')).toBe(a);
});

test('it fails with a member, and not with one that was one', async () => {
  await want('a', 'b');
  const [a, b] = crew.all;
  await want('b');
  a?.fail(new Error('it is gone'));
  b?.fail(new Error('it is needed'));
  await expect(crew.done).rejects.toThrow('it is needed');
});

test('where one that is new does not start none of them does, and those that stay go on', async () => {
  await want('a');
  const wanted = new Map(
    ['a', 'b', 'c'].map((name) => [name, () => new Part(name, said, name !== 'c')] as const),
  );
  await expect(crew.change(wanted)).rejects.toThrow('c does not start');
  expect(names()).toEqual(['a']);
  expect(said).toEqual(expect.arrayContaining(['stop b', 'stop c']));
  expect(said).not.toContain('stop a');
});

test('it is done once all are stopped', async () => {
  await want('a', 'b');
  await crew.stop();
  await crew.done;
  expect(said.slice(2).sort()).toEqual(['stop a', 'stop b']);
});
