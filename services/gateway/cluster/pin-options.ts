import { HttpError } from '#libs/http/index.ts'
import { parseGoDuration } from './go-duration.ts'
import { parseGoTime, zeroTime } from './go-time.ts'
import { readPeerId } from './peer-id.ts'
import { type RequestedCid, readCidOf } from './read-cid.ts'
import { readOrigins } from './read-origins.ts'
import { type Replication, readReplication } from './replication.ts'

/** What a client can say about a pin, as it was given. */
export type PinOptions = {
  name: string
  mode: 'recursive' | 'direct'
  replication: Replication
  shardSize: number
  /** Only echoed: there is one peer. Null when the option was not given. */
  userAllocations: string[] | null
  /** Null for never. It may be in the past. */
  expiresAt: Date | null
  meta: Record<string, string>
  /** The pin whose options are to be taken over. */
  pinUpdate: RequestedCid | null
  origins: string[]
}

const maxNameChars = 255
const maxMetaEntries = 1000
const metaPrefix = 'meta-'

/**
 * Reads pin options from a query (ipfs-cluster api/types.go, `PinOptions.FromQuery`). An empty value and 0 mean "not
 * given", because the Go client always sends all options; of a repeated one the first counts. `expire-in` counts from
 * now. Throws `HttpError` 400 that names the option, in the words of ipfs-cluster where it has some.
 */
export function readPinOptions(query: URLSearchParams, { maxOrigins }: { maxOrigins: number }): PinOptions {
  refuseNul(query)
  const given = (option: string) => query.get(option) || undefined
  const name = given('name') ?? ''
  if (Array.from(name).length > maxNameChars)
    throw new HttpError(400, `name is longer than ${maxNameChars} characters`)
  const pinUpdate = given('pin-update')
  return {
    name,
    mode: given('mode') === 'direct' ? 'direct' : 'recursive',
    replication: readReplication(query),
    shardSize: readShardSize(given('shard-size') ?? '0'),
    userAllocations: readAllocations(given('user-allocations')),
    expiresAt: readExpiry(given('expire-at'), given('expire-in')),
    meta: readMeta(query),
    pinUpdate:
      pinUpdate === undefined ? null : readCidOf(pinUpdate, 'error decoding update option parameter'),
    origins: readOrigins(given('origins'), maxOrigins),
  }
}

/** Postgres stores every text but this. */
function refuseNul(query: URLSearchParams): void {
  for (const [option, value] of query)
    if (`${option}${value}`.includes('\0'))
      throw new HttpError(400, `${option.replaceAll('\0', '')}: a text with a NUL character cannot be stored`)
}

function readShardSize(text: string): number {
  const size = Number(text)
  // JSON numbers are exact up to here; ipfs-cluster takes 64 bits.
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size))
    throw new HttpError(400, 'parameter shard_size is invalid')
  return size
}

/** Undecodable ones are dropped (ipfs-cluster api/util.go, `StringsToPeers`). */
const readAllocations = (text: string | undefined) =>
  text === undefined ? null : text.split(',').flatMap(peer => readPeerId(peer) ?? [])

function readExpiry(at: string | undefined, lifetime: string | undefined): Date | null {
  if (at !== undefined) {
    const expiresAt = inGoWords('expire-at', () => parseGoTime(at))
    return expiresAt.getTime() === Date.parse(zeroTime) ? null : expiresAt
  }
  if (lifetime === undefined) return null
  const lifetimeMs = inGoWords('expire-in', () => parseGoDuration(lifetime))
  if (lifetimeMs < 1_000) throw new HttpError(400, 'expire-in duration too short')
  return new Date(Date.now() + lifetimeMs)
}

function inGoWords<T>(option: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new HttpError(400, `${option} cannot be parsed: ${error.message}`, { cause: error })
  }
}

function readMeta(query: URLSearchParams): Record<string, string> {
  const meta = new Map<string, string>()
  for (const [option, value] of query) {
    const key = option.startsWith(metaPrefix) ? option.slice(metaPrefix.length) : ''
    if (key !== '' && !meta.has(key)) meta.set(key, value)
  }
  if (meta.size > maxMetaEntries) throw new HttpError(400, `meta-*: more than ${maxMetaEntries} entries`)
  return Object.fromEntries(meta)
}
