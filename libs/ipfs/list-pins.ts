import type { NamedPin, TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import { readJsonLines } from './read-json-lines.ts'

const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const

/** By `pin/ls`, which takes no lock that a garbage collection or a running pin holds. */
export async function listPins(http: KuboHttp, options: TimeLimit): Promise<NamedPin[]> {
  const call = beginCall('list the pins', options, codes)
  const pins: NamedPin[] = []
  try {
    const parameters = { type: 'recursive', names: 'true', stream: 'true', timeout: call.kuboTimeout }
    const response = await http.runCommand('pin/ls', parameters, call.signal)
    // Go leaves out a name that is empty.
    for await (const { Cid, Name = '' } of readJsonLines(response))
      pins.push({ cid: String(Cid), name: String(Name) })
    return pins
  } catch (error) {
    throw call.translate(error)
  }
}
