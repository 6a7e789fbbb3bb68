export { createLeases } from './leases';
export type { Lease, LeaseDeps, Leases, LeasesStatus } from './leases';
