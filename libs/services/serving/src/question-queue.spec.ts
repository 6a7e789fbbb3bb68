import { QuestionQueue } from './question-queue';

const nobodyLeaves = () => new AbortController().signal;

/** A question that is read until it is told to end. */
function question() {
  let end: (text: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let begun = false;
  const read = () => {
    begun = true;
    return new Promise<string>((resolve, reject) => ([end, fail] = [resolve, reject]));
  };
  return { read, begun: () => begun, end: () => end('answer'), fail: () => fail(new Error('broken')) };
}

const turns = () => new Promise(setImmediate);

describe('QuestionQueue', () => {
  it('reads as many as it may at once, and the others in the order in which they came', async () => {
    const queue = new QuestionQueue({ atOnce: 2, waiting: 10 });
    const asked = Array.from({ length: 5 }, question);
    const answers = asked.map(({ read }) => queue.run(nobodyLeaves, read));
    await turns();
    expect(asked.map(({ begun }) => begun())).toEqual([true, true, false, false, false]);
    expect(queue.size).toEqual({ reading: 2, waiting: 3 });
    asked[1]!.end();
    await turns();
    expect(asked.map(({ begun }) => begun())).toEqual([true, true, true, false, false]);
    for (const one of asked) {
      await turns();
      one.end();
    }
    expect(await Promise.all(answers)).toEqual(Array(5).fill('answer'));
    expect(queue.size).toEqual({ reading: 0, waiting: 0 });
  });

  it('refuses what finds the line full, and takes it once there is room', async () => {
    const queue = new QuestionQueue({ atOnce: 1, waiting: 1 });
    const [first, second] = [question(), question()];
    const answers = [first, second].map(({ read }) => queue.run(nobodyLeaves, read));
    const refused = { status: 503, code: 'too-many-questions', headers: { 'retry-after': '1' } };
    await expect(queue.run(nobodyLeaves, async () => 'third')).rejects.toMatchObject(refused);
    first.end();
    await turns();
    second.end();
    await Promise.all(answers);
    expect(await queue.run(nobodyLeaves, async () => 'third')).toBe('third');
  });

  it('gives the place of a question that failed, and not to one whose asker has gone', async () => {
    const queue = new QuestionQueue({ atOnce: 1, waiting: 5 });
    const [first, gone, third] = [question(), question(), question()];
    const leaving = new AbortController();
    const failing = queue.run(nobodyLeaves, first.read);
    const left = queue.run(() => leaving.signal, gone.read);
    const answer = queue.run(nobodyLeaves, third.read);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ status: 503 });
    first.fail();
    await expect(failing).rejects.toThrow('broken');
    await turns();
    expect([gone.begun(), third.begun()]).toEqual([false, true]);
    third.end();
    expect(await answer).toBe('answer');
    expect(queue.size).toEqual({ reading: 0, waiting: 0 });
  });

  it('asks for a signal only where somebody waits', async () => {
    const queue = new QuestionQueue({ atOnce: 1, waiting: 0 });
    const signal = jest.fn(nobodyLeaves);
    await queue.run(signal, async () => 'answer');
    expect(signal).not.toHaveBeenCalled();
  });
});
