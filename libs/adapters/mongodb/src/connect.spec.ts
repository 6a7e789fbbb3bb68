import { problemOf } from './connect';

test('a server without transactions is told from one with them by its hello', () => {
  expect(problemOf({ isWritablePrimary: true })).toMatch(/standalone/);
  expect(problemOf({ isreplicaset: true, secondary: false })).toMatch(/never initiated/);
  expect(problemOf({ setName: 'rs0', isWritablePrimary: true })).toBeNull();
  expect(problemOf({ msg: 'isdbgrid' })).toBeNull();
});
