import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { buildCar, testBytes } from '#libs/car/testing/build-car.ts'
import type { Answer, Clients } from '../clients.ts'
import type { ContentPool } from '../content-pool.ts'
import type { WatchedContent } from './plan.ts'

/** A way that a content can take through the services, with the state in which it ends. */
export type Journey = {
  name: string
  end: 'pinned' | 'failed' | 'unpinned'
  prepare: () => Promise<WatchedContent & { travel: () => Promise<void> }>
}

type Deps = {
  pool: ContentPool
  clients: Clients
  /** Addresses of the peer that has the contents. */
  origins: readonly string[]
  /** Whether a part of its CAR is in the store, or there will be none any more. */
  hasUploadOrFailed: (cid: string) => Promise<boolean>
}

const codecOfCars = 0x0202
const patienceMs = 300_000

/** Together they do everything that the services do to the world outside for a pin. */
export function createJourneys({ pool, clients, origins, hasUploadOrFailed }: Deps): Journey[] {
  let strangers = 0

  /** The address of a peer that nobody runs: what is done for this content's origins can be told by it. */
  function strangerOf(): { peerId: string; address: string } {
    const key = Uint8Array.from([0x08, 0x01, 0x12, 0x20, ...testBytes(32, ++strangers)])
    const peerId = base58btc.encode(createDigest(0, key).bytes).slice(1)
    return { peerId, address: `/ip4/127.0.0.1/tcp/1/p2p/${peerId}` }
  }

  async function prepare(
    life: Parameters<ContentPool['create']>[0],
    size: 'small' | 'large',
    travel: (cid: string, origins: readonly string[]) => Promise<void>,
  ) {
    const { cid, build } = await pool.create(life, size)
    const { peerId, address } = strangerOf()
    const carCid = CID.createV1(codecOfCars, await sha256.digest(buildCar(build()))).toString()
    return { cid, keys: [cid, peerId, carCid], travel: () => travel(cid, [...origins, address]) }
  }

  const pinOver = (way: 'cluster' | 'nats') => (cid: string, from: readonly string[]) =>
    accepted(() => clients.pin(way, { cid, name: cid, origins: from }))

  async function pinAndUnpin(cid: string, from: readonly string[]): Promise<void> {
    await pinOver('cluster')(cid, from)
    const probe = async () => {
      if (!(await hasUploadOrFailed(cid))) throw new Error('it is not there yet')
    }
    await pollUntil(probe, { what: `the upload of ${cid}`, timeoutMs: patienceMs })
    await accepted(() => clients.unpin('cluster', cid))
  }

  return [
    { name: 'a small DAG', end: 'pinned', prepare: () => prepare('living', 'small', pinOver('cluster')) },
    { name: 'a large DAG', end: 'pinned', prepare: () => prepare('living', 'large', pinOver('cluster')) },
    { name: 'a pin over NATS', end: 'pinned', prepare: () => prepare('living', 'small', pinOver('nats')) },
    { name: 'a dead CID', end: 'failed', prepare: () => prepare('dead', 'small', pinOver('cluster')) },
    { name: 'an unpinned transfer', end: 'unpinned', prepare: () => prepare('broken', 'large', pinAndUnpin) },
  ]
}

/** Asks until the answer is a yes, as a client does that got none. After a repeat, 404 is the yes to an unpin. */
async function accepted(ask: () => Promise<Answer>): Promise<void> {
  const probe = async () => {
    const { outcome, detail = '' } = await ask()
    if (outcome !== 'accepted' && !detail.startsWith('404')) throw new Error(detail)
  }
  await pollUntil(probe, { what: 'a clear answer', timeoutMs: patienceMs, intervalMs: 100 })
}
