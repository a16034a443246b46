import { isOutage } from '#libs/errors/index.ts'
import { type DataOf, type Envelope, pinRequested } from '#libs/events/index.ts'
import type { LeasedStep } from '../leased-step.ts'

type Request = DataOf<typeof pinRequested>

export type MemoryLease = { cid: string; generation: number; epoch: number; unreported: number }

/** What became of one job; `steps` are the calls that its worker made, in order. */
export type MemoryJob = {
  epoch: number
  leased: boolean
  /** Whether somebody still wants it. */
  wanted: boolean
  failures: number
  outages: number
  released: number
  postponed: number
  result: unknown
  steps: string[]
}

export type MemoryStep = LeasedStep<Request, MemoryLease, unknown>

/** Jobs with leases in a map: what a worker finds in Postgres, without Postgres. Shared by the workers of a test. */
export function createMemoryJobs() {
  const jobs = new Map<string, MemoryJob>()
  const job = (cid: string): MemoryJob => {
    const unknown = {
      epoch: 0,
      leased: false,
      wanted: true,
      failures: 0,
      outages: 0,
      released: 0,
      postponed: 0,
      result: undefined,
      steps: [],
    }
    const known = jobs.get(cid) ?? unknown
    jobs.set(cid, known)
    return known
  }
  const own = ({ cid, epoch }: MemoryLease): MemoryJob => {
    const mine = job(cid)
    if (mine.epoch !== epoch) throw new Error('the lease was lost')
    return mine
  }
  const note = ({ data: { cid } }: Envelope<Request>, what: string) => job(cid).steps.push(what)

  /** A worker's view of the jobs; `changes` replaces what the test is about. */
  const step = (changes: Partial<MemoryStep> = {}): MemoryStep => ({
    event: pinRequested,
    async claim({ data: { cid, generation = 1 } }) {
      const wanted = job(cid)
      if (!wanted.wanted) return { kind: 'obsolete' }
      if (wanted.result !== undefined) return { kind: 'done', result: wanted.result }
      if (wanted.leased) return { kind: 'held' }
      wanted.leased = true
      wanted.epoch++
      const { epoch, failures, outages, released, postponed } = wanted
      return {
        kind: 'leased',
        lease: { cid, generation, epoch, unreported: epoch - 1 - failures - outages - released - postponed },
      }
    },
    renew: async leases => ({
      lost: leases.filter(({ cid, epoch }) => job(cid).epoch !== epoch),
      unwanted: leases.filter(({ cid }) => !job(cid).wanted),
    }),
    async run(event) {
      note(event, 'run')
      return { stored: event.data.cid }
    },
    async complete(lease, result) {
      Object.assign(own(lease), { result, leased: false })
    },
    async finish(event) {
      note(event, 'finish')
    },
    async fail(lease, { code }) {
      const mine = own(lease)
      mine.leased = false
      mine.steps.push(`fail ${code}`)
      return ++mine[isOutage(code) ? 'outages' : 'failures']
    },
    async release(lease) {
      const mine = own(lease)
      mine.leased = false
      mine.released++
      mine.steps.push('release')
    },
    async postpone(lease) {
      const mine = own(lease)
      mine.leased = false
      mine.postponed++
      mine.steps.push('postpone')
    },
    async abandon(event) {
      note(event, 'abandon')
    },
    async giveUp(event, { code }) {
      note(event, `give up ${code}`)
    },
    ...changes,
  })
  return { job, step }
}
