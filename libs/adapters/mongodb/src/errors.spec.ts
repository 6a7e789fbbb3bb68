import { TenonError, Unavailable } from '@tenon/errors';
import { MongoNetworkError } from 'mongodb';
import { toTenonError } from './errors';

test('whatever ends a connection passes, also what the driver lets through as the socket said it', () => {
  const socket = Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });
  expect(toTenonError(socket)).toBeInstanceOf(Unavailable);
  expect(toTenonError(new MongoNetworkError('connection 3 closed'))).toBeInstanceOf(Unavailable);
});

test('what a caller threw stays as it is', () => {
  const own = [
    new TypeError('no'),
    new TenonError('damaged', 'x'),
    Object.assign(new Error(), { code: 'EIO' }),
  ];
  for (const error of own) expect(toTenonError(error)).toBe(error);
});
