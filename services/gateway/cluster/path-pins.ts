import { Type } from 'typebox'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import type { AcceptClusterPin } from './accept-cluster-pin.ts'
import type { CidOfPath } from './cid-of-path.ts'
import { pinOptionParameters } from './pin-option-parameters.ts'
import { readPinOptions } from './pin-options.ts'
import { queryOf } from './query-of.ts'
import type { UnpinCid } from './unpin-cid.ts'

type Deps = { cidOfPath: CidOfPath; acceptPin: AcceptClusterPin; unpin: UnpinCid; maxOrigins: number }

/**
 * `POST` and `DELETE /pins/{ipfs|ipns|ipld}/{path}`: as by CID, with the CID that the path leads to. Here a direct pin is
 * a direct one. The command line client of ipfs-cluster uses these routes for plain CIDs too.
 */
export function addPathPins(server: HttpServer, { cidOfPath, acceptPin, unpin, maxOrigins }: Deps): void {
  for (const namespace of ['ipfs', 'ipns', 'ipld']) {
    const route = `/pins/${namespace}/*`
    server.post<{ Params: { '*': string } }>(route, postRoute, async ({ params, url }, reply) => {
      const options = readPinOptions(queryOf(url), { maxOrigins })
      const requested = await cidOfPath(namespace, params['*'], goneSignal(reply))
      return acceptPin(requested, options, options.mode)
    })
    server.delete<{ Params: { '*': string } }>(route, deleteRoute, async ({ params }, reply) =>
      unpin(await cidOfPath(namespace, params['*'], goneSignal(reply))),
    )
  }
}

/** Aborts when nobody waits for the answer any more. */
function goneSignal({ raw }: { raw: NodeJS.EventEmitter }): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}

const pathParameter = Type.String({
  description:
    'A root and a path below it. A CID alone is taken as it is; all else is resolved by the IPFS node',
})

const postRoute = describeRoute({
  tag: 'pins',
  summary: 'Pin what a path leads to',
  description: '404 when the path leads nowhere, 504 when that is not known in time.',
  params: { '*': pathParameter },
  query: pinOptionParameters,
  answers: { 200: json('Pin') },
})

const deleteRoute = describeRoute({
  tag: 'pins',
  summary: 'Unpin what a path leads to',
  params: { '*': pathParameter },
  answers: { 200: json('Pin') },
})
