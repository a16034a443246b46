import { Type } from 'typebox'

const peerId = Type.String({ description: 'Peer id of libp2p' })
const time = (description: string) => Type.String({ format: 'date-time', description })
const cid = Type.String({ description: 'In the form in which it was sent' })
const metadata = Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])
const countOf = (description: string) => Type.Integer({ minimum: 0, description })

/** How a content is proven. */
const Receipt = Type.Object({
  root: Type.String(),
  car_cid: Type.String({ description: 'CID of the whole CAR file' }),
  bucket: Type.String(),
  key: Type.String(),
  car_bytes: countOf('Size of the CAR file'),
  blocks: countOf('Blocks in it'),
  dag_bytes: countOf('Sum of the sizes of its blocks'),
  raw_bytes: Type.Union([countOf('Sum of the sizes of the data in them, each block once'), Type.Null()]),
  verified_at: time('When every block and link was checked on the bytes that the store holds'),
  indexed_at: Type.Union([time('When the indexer was told'), Type.Null()]),
  attempts: countOf('Deliveries to a fetcher until then'),
})

const Failure = Type.Object({
  code: Type.String({ description: 'For programs; listed in ARCHITECTURE.md' }),
  message: Type.String({ description: 'What happened this time' }),
  explanation: Type.String({ description: 'What the code means, and what to do' }),
  missing_cids: Type.Array(Type.String()),
  attempts: countOf('Deliveries to a fetcher'),
})

const Progress = Type.Object({
  phase: Type.String(),
  attempt: countOf('Deliveries of this job to a worker'),
  dag_bytes: countOf('Bytes of blocks so far'),
  dag_blocks: countOf('Blocks so far'),
  car_bytes: countOf('Bytes of the CAR so far'),
})

const PeerEntry = Type.Object({
  peername: Type.String(),
  ipfs_peer_id: peerId,
  status: Type.Enum([
    'pin_queued',
    'pinning',
    'pinned',
    'pin_error',
    'unpin_queued',
    'unpinning',
    'unpin_error',
    'unpinned',
  ]),
  timestamp: time('When the status last changed; once pinned, when the pin was asked for'),
  error: Type.String({ description: 'Empty unless the status is `pin_error`' }),
  attempt_count: countOf('Attempts so far; 0 once pinned'),
  priority_pin: Type.Boolean(),
})

const Metric = Type.Object({
  name: Type.String(),
  peer: peerId,
  value: Type.String(),
  expire: Type.Integer({ description: 'Nanoseconds since 1970' }),
  valid: Type.Boolean(),
  weight: Type.Integer(),
  partitionable: Type.Boolean(),
  received_at: Type.Integer({ description: 'Nanoseconds since 1970' }),
})

/**
 * Shapes that several routes answer with, by their names in the document. They are the ones of ipfs-cluster
 * (api/types.go) with our own fields behind them; a client must not mind fields that it does not know.
 */
export const answerSchemas = {
  Error: Type.Object({
    code: Type.Integer({ description: 'The status' }),
    message: Type.String(),
  }),
  Pin: Type.Object({
    replication_factor_min: Type.Integer(),
    replication_factor_max: Type.Integer(),
    name: Type.String(),
    mode: Type.Enum(['recursive', 'direct']),
    shard_size: Type.Integer({ minimum: 0 }),
    user_allocations: Type.Union([Type.Array(peerId), Type.Null()]),
    expire_at: time('`0001-01-01T00:00:00Z` is never'),
    metadata,
    pin_update: Type.Union([Type.String(), Type.Null()]),
    origins: Type.Union([Type.Array(Type.String({ description: 'Multiaddr' })), Type.Null()]),
    cid,
    type: Type.Literal('pin'),
    allocations: Type.Array(peerId),
    max_depth: Type.Integer(),
    reference: Type.Null(),
    timestamp: time('When the pin was asked for'),
  }),
  GlobalPinInfo: Type.Object({
    cid,
    name: Type.String(),
    allocations: Type.Array(peerId),
    origins: Type.Union([Type.Array(Type.String({ description: 'Multiaddr' })), Type.Null()]),
    created: time('When the pin was asked for'),
    metadata,
    peer_map: Type.Record(Type.String(), PeerEntry, { description: 'By peer id; there is one peer' }),
    receipt: Type.Optional(Receipt),
    failure: Type.Optional(Failure),
    progress: Type.Optional(Progress),
  }),
  ID: Type.Object({
    id: peerId,
    addresses: Type.Array(Type.String({ description: 'Multiaddr' })),
    cluster_peers: Type.Array(peerId),
    cluster_peers_addresses: Type.Array(Type.String({ description: 'Multiaddr' })),
    version: Type.String(),
    commit: Type.String(),
    rpc_protocol_version: Type.String(),
    error: Type.String({ description: 'Empty while there is an IPFS node' }),
    ipfs: Type.Object({
      id: Type.Optional(peerId),
      addresses: Type.Array(Type.String({ description: 'Multiaddr' })),
      error: Type.String(),
    }),
    peername: Type.String(),
  }),
  Metric,
  Alert: Type.Object({ ...Metric.properties, triggered_at: time('Since when it is known') }),
}
