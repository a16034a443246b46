import type { KuboRPCClient } from 'kubo-rpc-client'
import { CID } from 'multiformats/cid'

import type { TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'

/** Multihash of no bytes by sha2-256, in hex. */
const emptyMultihash = '1220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Whether the CID is of the block of no bytes by sha2-256, whatever its codec. */
export const isEmptyBlock = (cid: string): boolean =>
  Buffer.from(CID.parse(cid).multihash.bytes).toString('hex') === emptyMultihash

/** For so long after it was put the block counts as there: many jobs begin in a second. */
const keptMs = 1_000

/** Sees to it that the node has the empty block. */
export type EmptyBlock = {
  /** Puts it, unless it was put just now. */
  keep(options: TimeLimit): Promise<void>
  /** To be called when a garbage collection begins. */
  forget(): void
}

/**
 * The block of no bytes by sha2-256: the leaf of every empty file, and the empty dag-pb node, since blocks are kept by
 * multihash. Between Kubo nodes (0.43) bitswap never delivers it, so a DAG with an empty file would wait for it for
 * ever. It is not pinned; each pin that runs ahead sees to it again, while no garbage is collected.
 */
export function createEmptyBlock(client: KuboRPCClient): EmptyBlock {
  let putAt = -Infinity
  let collections = 0
  return {
    async keep(options) {
      const startedAt = performance.now()
      if (startedAt - putAt < keptMs) return
      const collectionsBefore = collections
      await putEmptyBlock(client, options)
      if (collections === collectionsBefore) putAt = startedAt
    },
    forget() {
      collections++
      putAt = -Infinity
    },
  }
}

async function putEmptyBlock(client: KuboRPCClient, options: TimeLimit): Promise<void> {
  const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const
  const call = beginCall('put the empty block', options, codes)
  try {
    await client.block.put(new Uint8Array(0), {
      format: 'raw',
      mhtype: 'sha2-256',
      pin: false,
      signal: call.signal,
      timeout: call.kuboTimeout,
    })
  } catch (error) {
    throw call.translate(error)
  }
}
