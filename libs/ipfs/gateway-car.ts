import { TransientError } from '#libs/errors/index.ts'

import { chunksOf } from '#libs/streams/index.ts'
import type { TimeLimit } from './dag-source.ts'
import { beginCall, KuboCommandError } from './kubo-call.ts'
import { closeBody, type KuboHttp, type KuboResponse } from './kubo-http.ts'
import { refuseTruncatedCar } from './truncation-marker.ts'

const carParameters = { format: 'car', 'dag-scope': 'all', 'car-order': 'dfs', 'car-dups': 'n' }
const accept = 'application/vnd.ipld.car; version=1; order=dfs; dups=n'

/**
 * The CAR from the trustless gateway (specs.ipfs.tech/http-gateways/trustless-gateway): about three times the speed of
 * `dag/export`. Blocks with an identity CID are left out. A gateway that cannot go on marks the end or, after its
 * `Gateway.RetrievalTimeout`, resets the connection; neither tells the reason.
 */
export async function* streamGatewayCar(
  http: KuboHttp,
  cid: string,
  options: TimeLimit,
): AsyncGenerator<Uint8Array> {
  const call = beginCall(`read the CAR of ${cid}`, options, {
    expired: 'timed-out',
    failed: 'dag-incomplete',
  })
  try {
    const response = await http.readGateway(`/ipfs/${cid}`, carParameters, { accept }, call.signal)
    try {
      await requireCar(response)
      yield* refuseTruncatedCar(chunksOf(response.body))
    } finally {
      closeBody(response)
    }
  } catch (error) {
    throw call.translate(error)
  }
}

async function requireCar(response: KuboResponse): Promise<void> {
  const { statusCode, headers } = response
  if (statusCode === 404 || statusCode === 410 || statusCode === 504) {
    throw new KuboCommandError(
      `the gateway answered ${statusCode}: ${(await response.body.text()).slice(0, 200)}`,
    )
  }
  const type = String(headers['content-type'])
  // A body that is neither chunked nor of known length ends where the connection does, cut or not.
  const endIsMarked = headers['transfer-encoding'] === 'chunked' || headers['content-length'] !== undefined
  if (statusCode === 200 && type.startsWith('application/vnd.ipld.car') && endIsMarked) return
  throw new TransientError(
    'source-unavailable',
    `The gateway answered ${statusCode} with ${type} and not with a CAR`,
  )
}
