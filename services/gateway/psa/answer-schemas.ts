import { Type } from 'typebox'
import { pinStates } from './read-filter.ts'

const multiaddr = Type.String({ description: 'Multiaddr that ends in `/p2p/<peer id>`' })
const texts = (description: string) => Type.Record(Type.String(), Type.String(), { description })
const instant = Type.String({ format: 'date-time' })

const Pin = Type.Object({
  cid: Type.String({ description: 'Any form of a CID; answers repeat it as it was sent' }),
  name: Type.Optional(Type.String({ maxLength: 255 })),
  origins: Type.Optional(
    Type.Array(multiaddr, {
      description: 'Where the data is. More than 20 are accepted; unusable ones are dropped; answers show 20',
    }),
  ),
  meta: Type.Optional(texts('Up to 1000 keys, and 16 KiB of JSON')),
})

const PinStatus = Type.Object({
  requestid: Type.String({ description: 'A new one for every request' }),
  status: Type.Enum([...pinStates]),
  created: Type.String({
    ...instant,
    description: 'No two pins of an account have the same: it is the cursor of lists',
  }),
  pin: Pin,
  delegates: Type.Array(multiaddr, { minItems: 1, maxItems: 20, description: 'Peers to connect to' }),
  info: texts(
    'What is known: `status_details`, `progress`, `blocks`, `bytes_fetched`, `rate`, `stalled_for`, `queue_position`, ' +
      '`attempts`, `dag_size`, `raw_size`, `car_cid`, `verified_at`, `failure_code`, `missing_cids`, `pinned_until`, `trace_id`',
  ),
})

/** Shapes of the specification (version 1.0.0), by their names in the document, where ipfs-cluster has a `Pin` too. */
export const pinningSchemas = {
  PsaPin: Pin,
  PsaPinStatus: PinStatus,
  PsaPinResults: Type.Object({
    count: Type.Integer({ minimum: 0, description: 'Of all that match, on whatever page' }),
    results: Type.Array(PinStatus, { maxItems: 1000 }),
  }),
  PsaFailure: Type.Object({
    error: Type.Object({
      reason: Type.String({ description: 'For programs' }),
      details: Type.String({ description: 'For people' }),
    }),
  }),
}
