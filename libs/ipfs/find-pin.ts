import type { NamedPin, TimeLimit } from './dag-source.ts'
import { beginCall, KuboCommandError } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'

const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const

/** What Kubo says of a CID that no recursive pin is for (kubo core/commands/pin/pin.go, `pinLsKeys`). */
const notPinned = /is not pinned/

/** The recursive pin of a CID, by `pin/ls`, which takes no lock. A pin that runs does not count. */
export async function findPin(
  http: KuboHttp,
  cid: string,
  options: TimeLimit,
): Promise<NamedPin | undefined> {
  const call = beginCall(`look for a pin of ${cid}`, options, codes)
  try {
    const parameters = { arg: cid, type: 'recursive', names: 'true', timeout: call.kuboTimeout }
    const { body } = await http.runCommand('pin/ls', parameters, call.signal)
    // Keyed by the CID as Kubo writes it; Go leaves out a name that is empty.
    const { Keys } = (await body.json()) as { Keys: Record<string, { Name?: string }> }
    const [pin] = Object.values(Keys)
    return pin && { cid, name: pin.Name ?? '' }
  } catch (error) {
    if (error instanceof KuboCommandError && notPinned.test(error.message)) return undefined
    throw call.translate(error)
  }
}
