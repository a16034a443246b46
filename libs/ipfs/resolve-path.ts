import { TransientError } from '#libs/errors/index.ts'

import type { TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'
import { readEndpoint } from './kubo-endpoint.ts'
import { openKuboHttp } from './kubo-http.ts'

/**
 * The CID at the end of a content path (`/ipfs/…`, `/ipns/…`, `/ipld/…`), in the form that Kubo writes it. A path that
 * ends inside of a block gives the CID of that block.
 *
 * Throws `TransientError('not-found')` with Kubo's own words when it says that the path cannot be resolved,
 * `'timed-out'` when it does not know in time, `'source-unavailable'` when it does not answer as it should. Rejects with
 * the signal's reason when the caller aborts.
 */
export type ResolvePath = (path: string, options: TimeLimit) => Promise<string>

/**
 * Resolves by `resolve` of Kubo's RPC, as ipfs-cluster does (ipfsconn/ipfshttp, `Resolve`): unlike `dag/resolve` it is
 * made for names too. Connects on demand; `user:password@` in the address is sent as basic authorization.
 */
export function createPathResolver(apiUrl: string): ResolvePath {
  const rpc = readEndpoint(apiUrl, '/api/v0')
  const http = openKuboHttp({ rpc, gateway: rpc })
  return async (path, options) => {
    const call = beginCall(`resolve ${path}`, options, { expired: 'timed-out', failed: 'not-found' })
    try {
      const parameters = { arg: path, recursive: 'true', timeout: call.kuboTimeout }
      const { body } = await http.runCommand('resolve', parameters, call.signal)
      const { Path } = (await body.json()) as { Path: string }
      const [, , cid = ''] = Path.split('/')
      return cid
    } catch (error) {
      const failure = call.translate(error)
      if (failure instanceof TransientError && failure.code === 'not-found' && error instanceof Error)
        throw new TransientError('not-found', error.message, { cause: error })
      throw failure
    }
  }
}
