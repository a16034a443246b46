import type { KuboRPCClient } from 'kubo-rpc-client'
import { CID } from 'multiformats/cid'

import type { TimeLimit } from './dag-source.ts'
import { putEmptyBlock } from './empty-block.ts'
import { beginCall } from './kubo-call.ts'

/**
 * Asks for the root block alone. Kubo fetches and keeps it, so the pin that follows does not ask again. From then on
 * the node also has the empty block, which it could not fetch.
 */
export async function locate(client: KuboRPCClient, cid: string, options: TimeLimit): Promise<void> {
  await putEmptyBlock(client, options)
  const call = beginCall(`find the root ${cid}`, options, { expired: 'not-found', failed: 'not-found' })
  try {
    await client.block.stat(CID.parse(cid), { signal: call.signal, timeout: call.kuboTimeout })
  } catch (error) {
    throw call.translate(error)
  }
}
