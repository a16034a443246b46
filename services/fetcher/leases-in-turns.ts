import type { Leases } from '#libs/db/index.ts'
import type { InTurn } from './in-turns.ts'

/** Every job asks when it is its turn, but for what is asked for many jobs at once: that is in few connections anyway. */
export const leasesInTurns = (leases: Leases, inTurn: InTurn): Leases => ({
  claim: leases.claim,
  renew: leases.renew,
  complete: (lease, result) => inTurn(() => leases.complete(lease, result)),
  fail: (lease, failure) => inTurn(() => leases.fail(lease, failure)),
  release: lease => inTurn(() => leases.release(lease)),
  postpone: leases.postpone,
})
