import type { Leases } from '#libs/db/index.ts'
import type { InTurn } from './in-turns.ts'

/** Every job asks when it is its turn. Heartbeats, one for all jobs, do not wait. */
export const leasesInTurns = (leases: Leases, inTurn: InTurn): Leases => ({
  claim: job => inTurn(() => leases.claim(job)),
  renew: leases.renew,
  complete: (lease, result) => inTurn(() => leases.complete(lease, result)),
  fail: (lease, failure) => inTurn(() => leases.fail(lease, failure)),
  release: lease => inTurn(() => leases.release(lease)),
  postpone: lease => inTurn(() => leases.postpone(lease)),
})
