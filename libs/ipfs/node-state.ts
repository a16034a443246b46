import type { KuboRPCClient } from 'kubo-rpc-client'

import type { NodeIdentity, TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'

/** The empty identity CID: every gateway has it without looking for it. */
const emptyCid = 'bafkqaaa'

export async function identify(client: KuboRPCClient, options: TimeLimit): Promise<NodeIdentity> {
  const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const
  const call = beginCall('ask the node for its identity', options, codes)
  try {
    const { id, addresses } = await client.id({ signal: call.signal, timeout: call.kuboTimeout })
    // Kubo answers null instead of an empty list while it is offline, whatever the types promise.
    return { peerId: id.toString(), addresses: (addresses ?? []).map(String) }
  } catch (error) {
    throw call.translate(error)
  }
}

/** Asks both the RPC and the gateway: either may be bound elsewhere or stand behind a proxy of its own. */
export async function isReady(
  { client, http }: { client: KuboRPCClient; http: KuboHttp },
  options: TimeLimit,
): Promise<boolean> {
  const answers = await Promise.allSettled([identify(client, options), askGateway(http, options)])
  options.signal.throwIfAborted()
  return answers.every(answer => answer.status === 'fulfilled')
}

async function askGateway(http: KuboHttp, { timeoutMs, signal }: TimeLimit): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const { statusCode, body } = await http.readGateway(`/ipfs/${emptyCid}`, { format: 'raw' }, {}, limit)
  await body.dump()
  if (statusCode !== 200) throw new Error(`the gateway answered ${statusCode}`)
}
