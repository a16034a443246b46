import { findPin } from './find-pin.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import type { PinGate } from './pin-gate.ts'

const lookTimeoutMs = 5_000

/**
 * Kubo answers "not pinned" like any failure, told apart by text only. So a failed removal is judged by the state
 * it should have led to. Passes the gate because `pin/rm` takes the lock of the garbage collection too.
 */
export async function unpin(
  { http, gate }: { http: KuboHttp; gate: PinGate },
  cid: string,
  options: { signal: AbortSignal },
): Promise<void> {
  const call = beginCall(`unpin ${cid}`, options, { expired: 'timed-out', failed: 'source-unavailable' })
  try {
    using _pass = await gate.enterPin(call.signal)
    try {
      const { body } = await http.runCommand('pin/rm', { arg: cid }, call.signal)
      await body.dump()
    } catch (error) {
      if (await findPin(http, cid, { signal: call.signal, timeoutMs: lookTimeoutMs })) throw error
    }
  } catch (error) {
    throw call.translate(error)
  }
}
