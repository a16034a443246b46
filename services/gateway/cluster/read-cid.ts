import { canonicalCid } from '#libs/car/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import { HttpError } from '#libs/http/index.ts'

/** A CID of a request: the canonical one, and the one that was sent, which answers repeat. */
export type RequestedCid = { cid: string; sentCid: string }

/** Throws `HttpError` 400 that says what is wrong with the text. */
export const readCid = (sentCid: string): RequestedCid => readCidOf(sentCid, 'error decoding Cid')

/** Like {@link readCid}, with `what` at the start of the message. */
export function readCidOf(sentCid: string, what: string): RequestedCid {
  try {
    return { cid: canonicalCid(sentCid), sentCid }
  } catch (error) {
    if (error instanceof PermanentError)
      throw new HttpError(400, `${what}: ${error.message}`, { cause: error })
    throw error
  }
}
