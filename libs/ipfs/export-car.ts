import { chunksOf } from '#libs/streams/index.ts'
import type { TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'
import { type KuboHttp, throwLateError } from './kubo-http.ts'

/**
 * The CAR from the RPC command `dag/export`. A failed export ends well with a well-formed prefix; only the trailer tells.
 * Blocks with an identity CID are written as sections. `localOnly` skips what the node lacks (Kubo 0.43); older nodes,
 * which do not know it, end at the first missing block by `offline`.
 */
export async function* streamExportedCar(
  http: KuboHttp,
  cid: string,
  options: TimeLimit,
  { localOnly = false } = {},
): AsyncGenerator<Uint8Array> {
  const call = beginCall(`export the CAR of ${cid}`, options, {
    expired: 'timed-out',
    failed: 'dag-incomplete',
  })
  try {
    const parameters = {
      arg: cid,
      progress: 'false',
      timeout: call.kuboTimeout,
      ...(localOnly && { 'local-only': 'true', offline: 'true' }),
    }
    const response = await http.runCommand('dag/export', parameters, call.signal)
    yield* chunksOf(response.body)
    throwLateError(response)
  } catch (error) {
    throw call.translate(error)
  }
}
