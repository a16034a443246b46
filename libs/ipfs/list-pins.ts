import type { KuboRPCClient } from 'kubo-rpc-client'

import type { NamedPin, TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'

const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const

/** By `pin/ls`, which takes no lock that a garbage collection or a running pin holds. */
export async function listPins(client: KuboRPCClient, options: TimeLimit): Promise<NamedPin[]> {
  const call = beginCall('list the pins', options, codes)
  const limits = { signal: call.signal, timeout: call.kuboTimeout }
  const pins: NamedPin[] = []
  try {
    for await (const { cid, name = '' } of client.pin.ls({ type: 'recursive', names: true, ...limits }))
      pins.push({ cid: cid.toString(), name })
    return pins
  } catch (error) {
    throw call.translate(error)
  }
}
