import type { Membership } from './membership';
import { ParkedMembers } from './parked-members';

interface Fake {
  silent: boolean;
  hasFailed: boolean;
  heardFor: number;
  closed: boolean;
  attached: unknown;
}

function member(name = 'group topic') {
  const state: Fake = { silent: true, hasFailed: false, heardFor: 0, closed: false, attached: 'reader' };
  const membership = {
    name,
    isSilent: () => state.silent,
    get hasFailed() {
      return state.hasFailed;
    },
    parkedAndHeardFor: () => state.heardFor,
    attach: (listener: unknown) => void (state.attached = listener),
    close: async () => void (state.closed = true),
  } as unknown as Membership;
  return { membership, state };
}

let members: ParkedMembers;

beforeEach(() => {
  jest.useFakeTimers();
  members = new ParkedMembers();
});
afterEach(async () => {
  await members.close();
  jest.useRealTimers();
});

test('a member whose coordinator is silent is kept for the next reader of its group, once', () => {
  const { membership, state } = member();
  expect(members.park(membership)).toBe(true);
  expect(state.attached).toBeNull();
  expect(members.take('other topic')).toBeUndefined();
  expect(members.take('group topic')).toBe(membership);
  expect(members.take('group topic')).toBeUndefined();
});

test('several of one group are kept', () => {
  const two = [member(), member()];
  for (const { membership } of two) members.park(membership);
  expect(two.map(() => members.take('group topic'))).toEqual(two.map(({ membership }) => membership));
});

test('one that can leave its group leaves it', () => {
  const { membership, state } = member();
  state.silent = false;
  expect(members.park(membership)).toBe(false);
  expect(members.take('group topic')).toBeUndefined();
});

test('one that has failed, and one that is heard again and nobody takes, leave', () => {
  const [waits, failed, heard] = [member(), member(), member()];
  for (const { membership } of [waits, failed, heard]) members.park(membership);
  failed.state.hasFailed = true;
  heard.state.heardFor = 30_001;
  jest.advanceTimersByTime(5_000);
  expect([waits, failed, heard].map(({ state }) => state.closed)).toEqual([false, true, true]);
  expect(members.take('group topic')).toBe(waits.membership);
});

test('with the log closed all leave, and no more are kept', async () => {
  const [before, after] = [member(), member()];
  members.park(before.membership);
  await members.close();
  expect(before.state.closed).toBe(true);
  expect(members.park(after.membership)).toBe(false);
});
