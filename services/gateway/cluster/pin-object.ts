import type { ClusterPin } from '#libs/db/index.ts'
import { allocationsOf } from './allocations-of.ts'
import { defaultOptions } from './default-options.ts'
import { momentText, secondsText, zeroTime } from './go-time.ts'
import type { PinOptions } from './pin-options.ts'
import { sortedMetadata } from './sorted-metadata.ts'

/** `Pin` of ipfs-cluster (api/types.go, `PinOptions` then `Pin`), in its field order. */
export type PinObject = ReturnType<typeof storedPin>

/** A pin that was there before this request. `cid` is the CID as the client of this request wrote it. */
export function storedPin({ pin }: Pick<ClusterPin, 'pin'>, peerId: string, cid: string = pin.sentCid) {
  const options = pin.options ?? defaultOptions
  return {
    replication_factor_min: options.replicationMin,
    replication_factor_max: options.replicationMax,
    name: pin.name,
    mode: options.mode as string,
    shard_size: options.shardSize,
    user_allocations: null as string[] | null,
    expire_at: pin.expiresAt ? secondsText(pin.expiresAt) : zeroTime,
    metadata: sortedMetadata(pin.meta),
    pin_update: options.pinUpdate,
    origins: pin.origins as string[] | null,
    cid,
    type: 'pin',
    allocations: allocationsOf(pin, peerId),
    max_depth: options.mode === 'direct' ? 0 : -1,
    reference: null,
    timestamp: secondsText(pin.createdAt),
  }
}

/**
 * The answer to the request that made the pin. ipfs-cluster answers it from the request and not from its state, which
 * shows in the mode, in what is null, and in the decimals of times.
 */
export function newPin(
  accepted: ClusterPin,
  peerId: string,
  { mode, userAllocations }: PinOptions,
): PinObject {
  const stored = storedPin(accepted, peerId)
  const { expiresAt, createdAt } = accepted.pin
  return {
    ...stored,
    mode,
    user_allocations: userAllocations,
    expire_at: expiresAt ? momentText(expiresAt) : zeroTime,
    metadata: stored.metadata ?? {},
    origins: accepted.pin.origins.length > 0 ? accepted.pin.origins : null,
    timestamp: momentText(createdAt),
  }
}

/** The answer to a request that took over the options of another pin: read from the state, with a new time. */
export const updatedPin = (accepted: ClusterPin, peerId: string): PinObject => ({
  ...storedPin(accepted, peerId),
  timestamp: momentText(accepted.pin.createdAt),
})
