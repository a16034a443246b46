import { type NameMatch, nameMatches, type PsaFilter } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'
import { queryOf } from '../cluster/query-of.ts'
import { readCidOf } from '../cluster/read-cid.ts'
import { readInstant } from './read-instant.ts'
import { readMeta } from './read-meta.ts'
import { readName } from './read-name.ts'

/** States of a pin in the specification. Ours have the same names. */
export const pinStates = ['queued', 'pinning', 'pinned', 'failed'] as const

/**
 * What a list without `status` means. `strict`: the pinned ones, as the specification has it. `search`: all for who
 * looks for a name with an explicit `match` and for no CID, else the pinned ones; the specification's own compliance
 * suite expects to find a pin that way which cannot be pinned yet.
 */
export type DefaultStatus = 'search' | 'strict'

/** The filter of a list, and how many pins a page may have. */
export type PinQuery = { filter: PsaFilter; limit: number }

const maxCids = 10
const defaultLimit = 10
const maxLimit = 1000

/**
 * Reads the query of `GET /pins`. Lists may be divided by commas, encoded or not, or repeated; an empty list counts as
 * not given; `meta` may be JSON or `meta[key]=value`. Throws `HttpError` 400 that names the parameter and the rule.
 */
export function readFilter(target: string, defaultStatus: DefaultStatus): PinQuery {
  const query = queryOf(target)
  const cids = readCids(query)
  const name = query.get('name')
  const match = readMatch(query.get('match'))
  const before = query.get('before')
  const after = query.get('after')
  const isSearch = defaultStatus === 'search' && name !== null && match !== undefined && !cids
  return {
    filter: {
      states: readStates(query) ?? (isSearch ? pinStates : ['pinned']),
      cids,
      name: name === null ? undefined : { text: readName(name), match: match ?? 'exact' },
      meta: readMetaFilter(query),
      before: before === null ? undefined : readInstant('before', before, 'up'),
      after: after === null ? undefined : readInstant('after', after, 'down'),
    },
    limit: readLimit(query.get('limit')),
  }
}

function readList(query: URLSearchParams, parameter: string): string[] | undefined {
  const items = query
    .getAll(parameter)
    .flatMap(text => text.split(','))
    .filter(item => item !== '')
  return items.length === 0 ? undefined : [...new Set(items)]
}

function readCids(query: URLSearchParams): string[] | undefined {
  const given = readList(query, 'cid')
  if (given && given.length > maxCids) throw new HttpError(400, `cid: must not be more than ${maxCids} CIDs`)
  return given?.map(cid => readCidOf(cid, 'cid').cid)
}

function readStates(query: URLSearchParams): (typeof pinStates)[number][] | undefined {
  return readList(query, 'status')?.map(given => {
    const state = pinStates.find(one => one === given)
    if (!state) throw new HttpError(400, `status: must be of ${pinStates.join(', ')}`)
    return state
  })
}

function readMatch(given: string | null): NameMatch | undefined {
  if (given === null) return undefined
  const match = nameMatches.find(one => one === given)
  if (!match) throw new HttpError(400, `match: must be one of ${nameMatches.join(', ')}`)
  return match
}

function readMetaFilter(query: URLSearchParams): Record<string, string> | undefined {
  const pairs = [...query].flatMap(([parameter, value]) => {
    if (parameter === 'meta') return Object.entries(readMeta(parseJson(value)))
    const [, key] = /^meta\[(.*)\]$/s.exec(parameter) ?? []
    return key === undefined ? [] : [[key, value] as const]
  })
  return pairs.length === 0 ? undefined : readMeta(Object.fromEntries(pairs))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HttpError(400, 'meta: must be a JSON object of texts, encoded for a URL', { cause })
  }
}

function readLimit(given: string | null): number {
  if (given === null) return defaultLimit
  const limit = Number(given)
  if (!/^\d+$/.test(given) || limit < 1 || limit > maxLimit)
    throw new HttpError(400, `limit: must be a whole number from 1 to ${maxLimit}`)
  return limit
}
