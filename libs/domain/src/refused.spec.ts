import { EMPTY_LEDGER } from './protocol/ledger';
import { refusedShare } from './refused';

it.each([
  [{}, 0],
  [{ deadLettered: 562 }, 1],
  [{ deadLettered: 1, aggregated: 1, filtered: 1, expired: 1 }, 0.25],
  // Repeats and barriers are none of what could have counted.
  [{ deadLettered: 1, aggregated: 1, duplicate: 100, control: 100 }, 0.5],
])('of %j the share %d is refused', (counts, share) => {
  expect(refusedShare({ ...EMPTY_LEDGER, ...counts })).toBe(share);
});
