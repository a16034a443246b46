import { PickupError } from '#libs/errors/index.ts'
import { HttpError } from '#libs/http/index.ts'
import type { ResolvePath } from '#libs/ipfs/index.ts'
import { readContentPath } from './content-path.ts'
import { type RequestedCid, readCid } from './read-cid.ts'

type Deps = {
  /** Undefined where no IPFS node is set. */
  resolvePath: ResolvePath | undefined
  timeoutMs: number
}

/** The CID at the end of `/{namespace}/{rest}`. Throws `HttpError`. */
export type CidOfPath = (namespace: string, rest: string, signal: AbortSignal) => Promise<RequestedCid>

/**
 * Asks the IPFS node only where a path has to be resolved. Where ipfs-cluster answers 500 to all that goes wrong, the
 * answer is 404 when the node says that the path leads nowhere, 504 when it does not know in time, 503 when it is away,
 * and 501 when there is none.
 */
export const createCidOfPath =
  ({ resolvePath, timeoutMs }: Deps): CidOfPath =>
  async (namespace, rest, signal) => {
    const { path, root } = readContentPath(namespace, rest)
    if (root) return root
    if (!resolvePath)
      throw new HttpError(
        501,
        `${path} has to be resolved, and the gateway's setting KUBO_API_URL is not set`,
      )
    try {
      return readCid(await resolvePath(path, { timeoutMs, signal }))
    } catch (error) {
      throw answerTo(error, path)
    }
  }

function answerTo(error: unknown, path: string): unknown {
  if (!(error instanceof PickupError)) return error
  const { message, code } = error
  const call = `resolve?${new URLSearchParams({ arg: path }).toString()}`
  // In the words of ipfs-cluster (ipfsconn/ipfshttp, `ipfsError`); the code in it is Kubo's.
  if (code === 'not-found')
    return new HttpError(404, `IPFS error (${call}). Code: 500. Message: ${message}`, { cause: error })
  if (code === 'timed-out') return new HttpError(504, message, { cause: error })
  return new HttpError(503, 'the IPFS node that resolves paths does not answer', { cause: error })
}
