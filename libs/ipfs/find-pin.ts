import type { KuboRPCClient } from 'kubo-rpc-client'
import { CID } from 'multiformats/cid'

import type { NamedPin, TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'

const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const

/** What Kubo says of a CID that no recursive pin is for (kubo core/commands/pin/pin.go, `pinLsKeys`). */
const notPinned = /is not pinned/

/** The recursive pin of a CID, by `pin/ls`, which takes no lock. A pin that runs does not count. */
export async function findPin(
  client: KuboRPCClient,
  cid: string,
  options: TimeLimit,
): Promise<NamedPin | undefined> {
  const call = beginCall(`look for a pin of ${cid}`, options, codes)
  const limits = { signal: call.signal, timeout: call.kuboTimeout }
  try {
    for await (const { name = '' } of client.pin.ls({
      paths: CID.parse(cid),
      type: 'recursive',
      names: true,
      ...limits,
    }))
      return { cid, name }
    return undefined
  } catch (error) {
    if (error instanceof Error && notPinned.test(error.message)) return undefined
    throw call.translate(error)
  }
}
