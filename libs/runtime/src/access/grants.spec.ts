import { Grants, isGrant } from './grants';

test.each([
  ['read', { role: 'read' }, true],
  ['read', { role: 'read', of: 'sales' }, true],
  ['read:sales_*', { role: 'read', of: 'sales_eu' }, true],
  ['read:sales_*', { role: 'read', of: 'orders' }, false],
  ['read:sales', { role: 'read', of: 'sales_eu' }, false],
  ['read:s.les', { role: 'read', of: 'sales' }, false],
  ['read:sales', { role: 'read' }, true],
  ['read', { role: 'ingest', of: 'orders' }, false],
  ['ingest:orders', { role: 'ingest', of: 'orders' }, true],
  ['ingest', { role: 'operate' }, false],
  ['operate', { role: 'operate' }, true],
  ['operate', { role: 'read', of: 'sales' }, true],
  ['operate', { role: 'ingest', of: 'orders' }, false],
  ['Read', { role: 'read' }, false],
] as const)('%s: %j is %s', (grant, need, allowed) => {
  expect(new Grants([grant]).allow(need)).toBe(allowed);
});

test('several add up, and what is no grant grants nothing', () => {
  const grants = new Grants(['admin', 'read:a', 'ingest:b', '']);
  expect([grants.allow({ role: 'read', of: 'a' }), grants.allow({ role: 'ingest', of: 'b' })]).toEqual([
    true,
    true,
  ]);
  expect(grants.allow({ role: 'operate' })).toBe(false);
  expect(['read:', 'read: a', 'read:a b', 'write', 'read:(a|b)'].filter(isGrant)).toEqual([]);
});
