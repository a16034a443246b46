import { setTimeout as delay } from 'node:timers/promises'
import { buildCar } from '#libs/car/testing/build-car.ts'
import type { Answer, Clients } from './clients.ts'
import type { ContentPool } from './content-pool.ts'
import type { Ledger, WayIn } from './ledger.ts'
import type { Random } from './random.ts'

type Options = {
  clients: Clients
  pool: ContentPool
  /** Addresses of the peer that has the contents. */
  origins: readonly string[]
  ledger: Ledger
  random: Random
  /** Requests made at once. */
  concurrency: number
  /** Between the starts of two requests. */
  paceMs: number
  stopping: AbortSignal
}

/** A pin that its owner may still change: every request about it was answered. */
type OwnPin = { way: WayIn; cid: string; pin: string }

/**
 * Makes requests of all kinds until `stopping` is aborted. Two requests about one pin are never under way together, so
 * that the order of the answers is the order in which they were done; a pin whose request got no answer is left alone.
 */
export async function makeRequests(options: Options): Promise<void> {
  const { clients, pool, origins, ledger, random, concurrency, paceMs, stopping } = options
  const idle: OwnPin[] = []
  const used: string[] = []
  /** CIDs of cluster pins that are being changed, or whose state nobody knows. */
  const closed = new Set<string>()
  let operations = 0
  let nextAt = performance.now()

  const newName = () => `op-${String(++operations).padStart(6, '0')}`
  const takeIdle = (...ways: WayIn[]): OwnPin | undefined => {
    const found = idle.filter(({ way }) => ways.includes(way))
    if (found.length === 0) return undefined
    const taken = random.pick(found)
    idle.splice(idle.indexOf(taken), 1)
    return taken
  }
  const pickWay = () =>
    random.weighted<WayIn>([
      [5, 'cluster'],
      [3, 'psa'],
      [2, 'nats'],
    ])

  async function newContent(): Promise<string> {
    const life = random.weighted([
      [970, 'living'],
      [25, 'dead'],
      [5, 'broken'],
    ] as const)
    const { cid } = await pool.create(life, random.oneIn(50) ? 'large' : 'small')
    used.push(cid)
    return cid
  }

  function wrote(own: Omit<OwnPin, 'pin'>, { outcome, pin }: Answer): void {
    if (outcome === 'accepted' && pin !== undefined) idle.push({ ...own, pin })
    if (own.way === 'cluster' && outcome !== 'unknown') closed.delete(own.cid)
  }

  async function pin(cid: string, way = pickWay()): Promise<void> {
    if (way === 'cluster') {
      if (closed.has(cid)) return
      closed.add(cid)
      const known = idle.findIndex(own => own.way === 'cluster' && own.cid === cid)
      if (known >= 0) idle.splice(known, 1)
    }
    const operation = newName()
    const answer = await clients.pin(way, { cid, name: operation, origins })
    ledger.add({ operation, way, kind: 'pin', cid, ...answer })
    wrote({ way, cid }, answer)
  }

  async function add(): Promise<void> {
    const { cid, build } = await pool.create('uploaded', random.oneIn(10) ? 'large' : 'small')
    const operation = newName()
    const answer = await clients.add(buildCar(build()), { cid, name: operation })
    // Nobody asks for it again: only a proven CAR is kept when its pin goes, and nobody else has the blocks.
    ledger.add({ operation, way: 'cluster', kind: 'add', cid, ...answer })
  }

  async function unpin(): Promise<string | undefined> {
    const own = takeIdle('cluster', 'psa')
    if (!own || own.way === 'nats') return undefined
    const { way, cid } = own
    if (way === 'cluster') closed.add(cid)
    const answer = await clients.unpin(way, own.pin)
    ledger.add({ operation: newName(), way, kind: 'unpin', cid, ...answer })
    if (answer.outcome === 'refused') idle.push(own)
    if (way === 'cluster' && answer.outcome !== 'unknown') closed.delete(cid)
    return cid
  }

  async function replace(): Promise<void> {
    const own = takeIdle('psa')
    if (!own) return
    const cid = random.oneIn(3) ? own.cid : await newContent()
    const operation = newName()
    const answer = await clients.replace(own.pin, { cid, name: operation, origins })
    ledger.add({ operation, way: 'psa', kind: 'replace', cid, replaced: own.pin, ...answer })
    if (answer.outcome === 'refused') idle.push(own)
    else wrote({ way: 'psa', cid }, answer)
  }

  const choices = [
    [64, async () => pin(await newContent())],
    [6, add],
    // The same content again: by another way, as a second pin, or in the place of the first.
    [12, async () => (used.length > 0 ? pin(random.pick(used)) : undefined)],
    [8, async () => void (await unpin())],
    [4, replace],
    // As of somebody who changes his mind.
    [
      4,
      async () => {
        const cid = await unpin()
        if (cid !== undefined) await pin(cid)
      },
    ],
  ] as const

  async function client(): Promise<void> {
    while (!stopping.aborted) {
      nextAt = Math.max(nextAt + paceMs, performance.now())
      const waitMs = Math.max(0, nextAt - performance.now())
      await Promise.allSettled([delay(waitMs, undefined, { signal: stopping })])
      if (!stopping.aborted) await random.weighted<() => Promise<void>>(choices)()
    }
  }

  await Promise.all(Array.from({ length: concurrency }, client))
}
