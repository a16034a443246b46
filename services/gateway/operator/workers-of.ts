import type { LiveJob } from '#libs/bus/index.ts'
import type { LeasedJob } from '#libs/db/index.ts'

/** What one worker process does, by phase. */
type WorkerLoad = Record<LiveJob['phase'], number> & {
  worker: string
  bytesPerSecond: number
  stalled: number
}

/** A job that says nothing new for so long counts as stalled. */
const stalledFromMs = 10_000

/**
 * Jobs summed up by the worker that has them, in the order of its name. The phase comes from the live view, which keeps
 * the last word on a job for a while: it counts only where it is that of the worker and of the step.
 */
export function workersOf(
  leased: readonly LeasedJob[],
  liveJob: (cid: string) => LiveJob | undefined,
): WorkerLoad[] {
  const loads = new Map<string, WorkerLoad>()
  for (const { cid, step, worker } of leased) {
    const load = loads.get(worker) ?? idle(worker)
    loads.set(worker, load)
    const said = liveJob(cid)
    const live = said?.worker === worker && stepOf[said.phase] === step ? said : undefined
    load[live?.phase ?? firstPhase[step]]++
    load.bytesPerSecond += Math.round(live?.bytesPerSecond ?? 0)
    if ((live?.stalledMs ?? 0) >= stalledFromMs) load.stalled++
  }
  return [...loads.values()].sort((one, other) => (one.worker < other.worker ? -1 : 1))
}

const stepOf = {
  locating: 'fetch',
  waiting: 'fetch',
  transferring: 'fetch',
  validating: 'validate',
} as const satisfies Record<LiveJob['phase'], LeasedJob['step']>
const firstPhase = { fetch: 'locating', validate: 'validating' } as const

const idle = (worker: string): WorkerLoad => ({
  worker,
  locating: 0,
  waiting: 0,
  transferring: 0,
  validating: 0,
  bytesPerSecond: 0,
  stalled: 0,
})
