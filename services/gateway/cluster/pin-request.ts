import type { ClusterPin, PinRequest } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'
import { defaultOptions } from './default-options.ts'
import type { PinOptions } from './pin-options.ts'
import type { RequestedCid } from './read-cid.ts'
import { settleReplication } from './replication.ts'

type Wanted = Pick<PinRequest, 'name' | 'meta' | 'origins' | 'options' | 'expiresAt'>

/**
 * What the given options ask for. `depth` is how deep the pin goes, whatever the mode says; only the depth is kept.
 * Throws `HttpError` 400 with the texts of ipfs-cluster when a rule is broken (cluster.go, `setupPin`), which answers
 * 500 with them.
 */
export function wantedPin(given: PinOptions, depth: PinOptions['mode']): Wanted {
  const { name, meta, origins, shardSize, expiresAt, pinUpdate } = given
  const { min, max } = settleReplication(given.replication)
  if (expiresAt && expiresAt.getTime() < Date.now())
    throw new HttpError(400, 'pin.ExpireAt set before current time')
  const options = {
    mode: depth,
    replicationMin: min,
    replicationMax: max,
    shardSize,
    pinUpdate: pinUpdate?.sentCid ?? null,
  }
  return { name, meta, origins, options, expiresAt }
}

/**
 * The options of another pin, under the given name and expiry if there are any. Everything else that was given has no
 * effect, an expiry in the past neither: so does ipfs-cluster (cluster.go, `PinUpdate`).
 */
export function takenOver(
  { name, meta, origins, options, expiresAt }: ClusterPin['pin'],
  given: PinOptions,
  { sentCid }: RequestedCid,
): Wanted {
  const isAhead = given.expiresAt !== null && given.expiresAt.getTime() > Date.now()
  return {
    name: given.name || name,
    meta,
    origins,
    options: { ...(options ?? defaultOptions), pinUpdate: sentCid },
    expiresAt: isAhead ? given.expiresAt : expiresAt,
  }
}
