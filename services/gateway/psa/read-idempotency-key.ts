import { HttpError } from '#libs/http/index.ts'

/**
 * The key under which a client repeats a request (draft-ietf-httpapi-idempotency-key-header); undefined when it gave
 * none. Quotes are a part of it. Throws `HttpError` 400.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header))
    throw new HttpError(400, 'Idempotency-Key: must be one key of 1 to 255 visible ASCII characters')
  return header
}

/** The refusal of a key that stands for another CID; 422 is what the draft wants. */
export const keyOfAnother = (what: string) =>
  new HttpError(422, `Idempotency-Key: ${what} was pinned with another CID under this key; use a new key`)

/** How routes tell of the header in their description. */
export const idempotencyNote =
  'With the header `Idempotency-Key` (1 to 255 visible characters) a repeat answers with what the first request pinned, as long as that is there; with another CID it is 422.'
