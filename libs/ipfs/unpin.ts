import type { KuboRPCClient } from 'kubo-rpc-client'
import { CID } from 'multiformats/cid'

import { beginCall } from './kubo-call.ts'
import type { PinGate } from './pin-gate.ts'

/**
 * Kubo answers "not pinned" like any failure, told apart by text only. So a failed removal is judged by the state
 * it should have led to. Passes the gate because `pin/rm` takes the lock of the garbage collection too.
 */
export async function unpin(
  { client, gate }: { client: KuboRPCClient; gate: PinGate },
  cid: string,
  options: { signal: AbortSignal },
): Promise<void> {
  const call = beginCall(`unpin ${cid}`, options, { expired: 'timed-out', failed: 'source-unavailable' })
  try {
    using _pass = await gate.enterPin(call.signal)
    const pin = CID.parse(cid)
    try {
      await client.pin.rm(pin, { signal: call.signal })
    } catch (error) {
      if (await isPinned(client, pin, call.signal)) throw error
    }
  } catch (error) {
    throw call.translate(error)
  }
}

async function isPinned(client: KuboRPCClient, cid: CID, signal: AbortSignal): Promise<boolean> {
  // Asked about one CID Kubo answers a missing pin by an error again; the pins of a fetching node are few.
  for await (const pin of client.pin.ls({ type: 'recursive', signal })) {
    if (pin.cid.equals(cid)) return true
  }
  return false
}
