import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Refusal, TenonError } from '@tenon/errors';
import { Failure, toFailure } from './failure';

const codes = (error: unknown) => toFailure(error).problems.map((problem) => problem.code);

it('a port that is taken is said in words, with a way out', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => first.once('listening', resolve));
  const { port } = first.address() as AddressInfo;
  const second = createServer();
  const error = await new Promise((resolve) => second.once('error', resolve).listen(port, '127.0.0.1'));
  first.close();
  expect(toFailure(error).problems).toEqual([
    {
      code: 'port-taken',
      message: `Something else listens on port ${port} of 127.0.0.1 already.`,
      hint: expect.stringContaining('--port'),
    },
  ]);
});

it('errors of Tenon keep their codes and hints, every problem of a refusal is kept, and bugs keep their stack', () => {
  expect(toFailure(new TenonError('locked', 'It is locked.', { hint: 'Wait.' })).problems).toEqual([
    { code: 'locked', message: 'It is locked.', hint: 'Wait.' },
  ]);
  expect(
    codes(
      new Refusal('catalog', [
        { code: 'a', message: '' },
        { code: 'b', message: '' },
      ]),
    ),
  ).toEqual(['a', 'b']);
  expect(toFailure(new TypeError('x is not a function')).problems[0]).toMatchObject({
    code: 'internal',
    hint: expect.stringContaining('failure.spec'),
  });
  expect(codes(Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' }))).toEqual([
    'system',
  ]);
  const own = new Failure([]);
  expect(toFailure(own)).toBe(own);
});
