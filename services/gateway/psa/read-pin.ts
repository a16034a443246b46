import { HttpError } from '#libs/http/index.ts'
import { type RequestedCid, readCidOf } from '../cluster/read-cid.ts'
import { cleanOrigins } from './clean-origins.ts'
import { readMeta } from './read-meta.ts'
import { readName } from './read-name.ts'

/** `Pin` of the specification, checked. */
export type RequestedPin = RequestedCid & { name: string; meta: Record<string, string>; origins: string[] }

/** Reads the body of a request, of which any other field is ignored. */
export type ReadPin = (body: unknown) => RequestedPin

/**
 * A field that is null counts as not given: generated clients send it. Throws `HttpError` 400 that names the field and
 * the rule.
 */
export const createReadPin =
  (rules: { maxOrigins: number; allowPrivate: boolean }): ReadPin =>
  body => {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new HttpError(400, 'the body must be a JSON object with a cid')
    const { cid, name, meta, origins } = body as Record<string, unknown>
    if (typeof cid !== 'string') throw new HttpError(400, 'cid: must be the text of a CID')
    return {
      ...readCidOf(cid, 'cid'),
      name: readName(name ?? ''),
      meta: readMeta(meta ?? {}),
      origins: cleanOrigins(origins ?? [], rules),
    }
  }
