import { multiaddr } from '@multiformats/multiaddr'
import { base58btc } from 'multiformats/bases/base58'
import { bases } from 'multiformats/basics'
import { CID } from 'multiformats/cid'
import { decode as decodeDigest } from 'multiformats/hashes/digest'

const LIBP2P_KEY = 0x72

/** Whether go-cid's `Decode` takes it: a bare CIDv0, or a CIDv1 in a multibase. */
export const isCid = (text: string): boolean => succeeds(() => parseCid(text))

/** Whether go-libp2p's `peer.Decode` takes it: the bare multihash in base58, or a CIDv1 of the codec libp2p-key. */
export function isPeerId(text: string): boolean {
  if (text.startsWith('Qm') || text.startsWith('1'))
    return succeeds(() => decodeDigest(base58btc.decode(`z${text}`)))
  return succeeds(() => {
    if (parseCid(text).code !== LIBP2P_KEY) throw new Error('not a key')
  })
}

/** Code of `p2p`, and of its old name `ipfs`, in the table of multicodecs. */
const P2P = 421

/** Whether go-multiaddr's `NewMultiaddr` takes it. */
export const isMultiaddr = (text: string): boolean =>
  succeeds(() => {
    if (!text.startsWith('/')) throw new Error('no multiaddr')
    // Through bytes and back: only that checks every part.
    const parts = multiaddr(multiaddr(text).bytes).getComponents()
    if (parts.length === 0) throw new Error('empty')
    if (parts.some(({ code, value = '' }) => code === P2P && !isPeerId(value))) throw new Error('no peer id')
  })

/** Whether Go's `time.Time` takes it: RFC 3339 with a zone, and a day that the month has. */
export function isGoTime(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/.exec(text)
  if (!parts) return false
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = parts
    .slice(1)
    .map(part => Number(part ?? 0))
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= lastDay
  return isDay && hour < 24 && minute < 60 && second < 60 && zoneHour < 24 && zoneMinute < 60
}

function parseCid(text: string): CID {
  if (text.startsWith('Qm')) return CID.parse(text)
  const base = Object.values(bases).find(({ prefix }) => text.startsWith(prefix))
  if (!base) throw new Error('no multibase')
  const cid = CID.decode(base.decode(text))
  if (cid.version === 0) throw new Error('a CIDv0 has no multibase')
  return cid
}

function succeeds(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
