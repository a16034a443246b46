import { isCid, isGoTime, isMultiaddr, isPeerId } from './go-values.ts'

/*
 * What the Go client of ipfs-cluster 1.1.6 refuses to decode: api/types.go, api/add.go, go-libp2p core/peer/peer_serde.go and
 * Go's encoding/json. One wrong value fails the whole document there. A key that is missing, and null, become the zero value.
 */

/** Checks one value; yields what is wrong with it, each with its place. */
type Rule = (value: unknown, place: string) => Iterable<string>

/** A number as it was written: Go's integers accept neither `1.0` nor `1e3`, and JavaScript cannot tell. */
class NumberText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const orNull = (accepts: (value: unknown) => boolean, what: string): Rule =>
  function* (value, place) {
    if (value !== null && !accepts(value)) yield `${place} is not ${what}: ${show(value)}`
  }

/** Go calls `UnmarshalText` for these with the string, and for null inside an array too. */
const text = (accepts: (value: string) => boolean, what: string): Rule =>
  orNull(value => typeof value === 'string' && accepts(value), what)

const string = text(() => true, 'a string')
const boolean = orNull(value => typeof value === 'boolean', 'a boolean')
const integer = orNull(value => value instanceof NumberText && /^-?\d{1,19}$/.test(value.text), 'an integer')
const unsigned = orNull(value => value instanceof NumberText && /^\d{1,20}$/.test(value.text), 'a uint')
const float = orNull(value => value instanceof NumberText, 'a number')
const cid = text(isCid, 'a CID')
const peerId = text(isPeerId, 'a peer id')
const multiaddr = text(isMultiaddr, 'a multiaddr')
const time = text(isGoTime, 'an RFC 3339 time')

const notNull = (rule: Rule): Rule =>
  function* (value, place) {
    if (value === null) yield `${place} is null`
    else yield* rule(value, place)
  }

const array = (rule: Rule): Rule =>
  function* (value, place) {
    if (value === null) return
    if (!Array.isArray(value)) yield `${place} is not an array: ${show(value)}`
    else for (const [i, item] of value.entries()) yield* rule(item, `${place}[${i}]`)
  }

const map = (rule: Rule): Rule =>
  function* (value, place) {
    if (value === null) return
    if (!isRecord(value)) yield `${place} is not an object: ${show(value)}`
    else for (const [key, item] of Object.entries(value)) yield* rule(item, `${place}.${key}`)
  }

/** Keys that Go does not know are ignored, unless they differ from one it knows by upper and lower case only. */
const object = (fields: Record<string, Rule>): Rule =>
  function* (value, place) {
    if (value === null) return
    if (!isRecord(value)) {
      yield `${place} is not an object: ${show(value)}`
      return
    }
    for (const [key, item] of Object.entries(value)) {
      const rule = fields[key]
      if (rule) yield* rule(item, `${place}.${key}`)
      else if (fields[key.toLowerCase()]) yield `${place}.${key} is taken for ${key.toLowerCase()}`
    }
  }

const pin = object({
  replication_factor_min: integer,
  replication_factor_max: integer,
  name: string,
  mode: string,
  shard_size: unsigned,
  user_allocations: array(notNull(peerId)),
  expire_at: time,
  metadata: map(string),
  pin_update: cid,
  origins: array(notNull(multiaddr)),
  cid,
  type: string,
  allocations: array(notNull(peerId)),
  max_depth: integer,
  reference: cid,
  timestamp: time,
})

const globalPinInfo = object({
  cid,
  name: string,
  allocations: array(notNull(peerId)),
  origins: array(notNull(multiaddr)),
  created: time,
  metadata: map(string),
  peer_map: map(
    object({
      peername: string,
      ipfs_peer_id: peerId,
      ipfs_peer_addresses: array(notNull(multiaddr)),
      status: string,
      timestamp: time,
      error: string,
      attempt_count: integer,
      priority_pin: boolean,
    }),
  ),
})

const id = object({
  id: peerId,
  addresses: array(notNull(multiaddr)),
  cluster_peers: array(notNull(peerId)),
  cluster_peers_addresses: array(notNull(multiaddr)),
  version: string,
  commit: string,
  rpc_protocol_version: string,
  error: string,
  ipfs: object({ id: peerId, addresses: array(notNull(multiaddr)), error: string }),
  peername: string,
})

const metricFields = {
  name: string,
  peer: peerId,
  value: string,
  expire: integer,
  valid: boolean,
  weight: integer,
  partitionable: boolean,
  received_at: integer,
}

const added = object({
  name: string,
  cid,
  bytes: unsigned,
  size: unsigned,
  allocations: array(notNull(peerId)),
})

const documents = {
  pin,
  globalPinInfo,
  id,
  added,
  addedList: array(added),
  version: object({ version: string }),
  token: object({ token: string }),
  metricNames: array(string),
  metrics: array(object(metricFields)),
  alerts: array(object({ ...metricFields, triggered_at: time })),
  bandwidth: map(object({ total_in: integer, total_out: integer, rate_in: float, rate_out: float })),
  graph: object({
    cluster_id: peerId,
    id_to_peername: map(string),
    ipfs_links: map(array(notNull(peerId))),
    cluster_links: map(array(notNull(peerId))),
    cluster_trust_links: map(boolean),
    cluster_to_ipfs: map(peerId),
  }),
  error: object({ code: integer, message: string }),
} satisfies Record<string, Rule>

/** The documents of the API, by what the Go client decodes them into. */
export type DocumentKind = keyof typeof documents

/** What the Go client would refuse in a document, each with its place; empty when it decodes. */
export function decodeProblems(kind: DocumentKind, json: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(json, keepNumberText)
  } catch (error) {
    return [`${kind} is not JSON (${String(error)}): ${json.slice(0, 200)}`]
  }
  return [...documents[kind](value, kind)]
}

/** The third argument holds the source text of a primitive (ECMA-262, `JSON.parse` with source text access). */
function keepNumberText(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? new NumberText(context?.source ?? String(value)) : value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
  )
}

const show = (value: unknown) => (value instanceof NumberText ? value.text : JSON.stringify(value))
