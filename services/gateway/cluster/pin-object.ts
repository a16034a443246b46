import type { AcceptedPin } from '#libs/db/index.ts'

/** Goes for "never" (the zero time of Go). */
const never = '0001-01-01T00:00:00Z'

/** The answer to a POST: `Pin` of ipfs-cluster (api/types.go, `PinOptions` then `Pin`), in its field order. */
export function pinObject({ pin }: AcceptedPin) {
  return {
    replication_factor_min: -1,
    replication_factor_max: -1,
    name: pin.name,
    mode: 'recursive',
    shard_size: 0,
    user_allocations: null,
    expire_at: never,
    metadata: pin.meta,
    pin_update: null,
    origins: pin.origins.length > 0 ? pin.origins : null,
    cid: pin.sentCid,
    type: 'pin',
    allocations: [],
    max_depth: -1,
    reference: null,
    timestamp: pin.createdAt.toISOString(),
  }
}
