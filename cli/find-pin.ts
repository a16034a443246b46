import { canonicalCid } from '#libs/car/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import { CliError } from './cli-error.ts'
import type { PinStatus } from './pin-status.ts'
import type { PinningApi } from './pinning-api.ts'

/** Of the Pinning Service API, which lists only pinned ones by itself. */
export const allStates = 'queued,pinning,pinned,failed'

/** A page has no more. */
export const maxPage = 1_000

const isRequestId = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)

/** A CID as it was given, or undefined. `ipfs://` and `/ipfs/` may stand before it. */
export function readCid(text: string): string | undefined {
  const cid = text.replace(/^(ipfs:\/\/|\/ipfs\/)/, '')
  try {
    canonicalCid(cid)
    return cid
  } catch (error) {
    if (error instanceof PermanentError) return undefined
    throw error
  }
}

type Api = Pick<PinningApi, 'get' | 'list'>

/** The pins that a request id or a CID names, the newest first. Throws {@link CliError} when there is none. */
export async function findPins(api: Api, reference: string): Promise<PinStatus[]> {
  if (isRequestId(reference)) return [await api.get(reference.toLowerCase())]
  const cid = readCid(reference)
  if (!cid) throw new CliError('usage', `"${reference}" is neither a request id nor a CID`)
  const query = new URLSearchParams({ cid, status: allStates, limit: String(maxPage) })
  const { results } = await api.list(query)
  if (results.length === 0)
    throw new CliError('refused', `there is no pin of ${cid}: "pickup add ${cid}" makes one`)
  return results
}

/** The newest of them, as a request for one pin shows it. */
export async function findPin(api: Api, reference: string): Promise<PinStatus> {
  const [newest] = await findPins(api, reference)
  if (!newest) throw new CliError('refused', `there is no pin ${reference}`)
  return isRequestId(reference) ? newest : api.get(newest.requestid)
}
