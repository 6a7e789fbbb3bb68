import { MongoClient } from 'mongodb';
import { describeProductStoreContract, uniqueName } from '@tenon/testing';
import { RUNTIME } from './connect';
import { createMongoProductStore } from './product-store';

const url = process.env['TENON_MONGODB_URL'];

if (url) {
  describe.each([
    ['keys of one reader at a time', () => false],
    ['keys that many read at a time', () => true],
  ])('with %s', (_, isShared) =>
    describeProductStoreContract('The store in MongoDB', async () => {
      const database = uniqueName('tenon-contract');
      return {
        open: () => createMongoProductStore({ url, database, isShared }),
        dispose: async () => {
          const client = new MongoClient(url, RUNTIME);
          await client.db(database).dropDatabase();
          await client.close();
        },
      };
    }),
  );
} else {
  describe.skip('The store in MongoDB (skipped: TENON_MONGODB_URL is not set; npm run test:real sets it)', () => {
    test('keeps the contract of ProductStore', () => undefined);
  });
}
