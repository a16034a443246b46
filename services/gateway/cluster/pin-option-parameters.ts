import { Type } from 'typebox'

const text = (description: string) => Type.String({ description })
const integer = (description: string) => Type.Integer({ description })

/** The query of every route that pins, for the document. Empty and 0 mean "not given". */
export const pinOptionParameters = {
  name: Type.String({ maxLength: 255 }),
  mode: Type.Enum(['recursive', 'direct'], {
    description: 'Kept and shown; the whole DAG is fetched and proven in both',
  }),
  replication: integer('For both factors, before them'),
  'replication-min': integer('Kept and shown; -1 is everywhere. Every pin is stored once'),
  'replication-max': integer('As `replication-min`'),
  'shard-size': integer('Kept and shown'),
  'user-allocations': text('Peer ids with commas; shown in this answer only'),
  'expire-at': Type.String({ format: 'date-time', description: 'When the pin is removed' }),
  'expire-in': text('In place of `expire-at`: a duration such as `72h` or `1h30m`, at least `1s`'),
  'pin-update': text('CID of a pin whose options are taken over; a name and an expiry can be given besides'),
  origins: text('Multiaddrs with `/p2p/PEER`, with commas: where the data is'),
  'meta-KEY': text('Metadata: the value of `KEY`; any number of them'),
}
