import { describeBusContract } from '@tenon/testing';
import { createNatsBus } from './nats-bus';

const url = process.env['TENON_NATS_URL'];

if (url) {
  describeBusContract('The bus over NATS', async () => ({ open: () => createNatsBus({ url }) }), {
    knowsResponders: false,
  });
} else {
  describe.skip('The bus over NATS (skipped: TENON_NATS_URL is not set; npm run test:real sets it)', () => {
    test('keeps the contract of Bus', () => undefined);
  });
}
