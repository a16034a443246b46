import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import type { JobData, LeasedStep, LeaseFacts } from './leased-step.ts'
import type { RetryDelays } from './retry-delay.ts'
import type { RunningJobs } from './running-jobs.ts'
import type { JobConsumer } from './streams.ts'

/** How jobs are held and how often they are tried. */
export type WorkerSettings = RetryDelays & {
  slots: number
  heartbeatMs: number
  leaseMs: number
  /** Failures for reasons of the content or its peers, after which a job is given up. */
  failureLimit: number
  /** Failures because a server of the operator's did not answer, after which a job is given up. */
  outageLimit: number
  /** Leases that may end without a report before a job is given up as `worker-lost`: it may kill its workers. */
  deliveryLimit: number
}

/** What `workOnJobs` needs. */
export type WorkOptions<Data extends JobData, Lease extends LeaseFacts, Result> = WorkerSettings & {
  bus: Bus
  consumer: JobConsumer
  step: LeasedStep<Data, Lease, Result>
  /** Where the jobs are registered while they run: a job that is cancelled there ends at once. */
  runningJobs: RunningJobs
  /** Whether jobs could be worked on right now. While it is false none are taken; those that run go on. */
  mayPull?: () => Promise<boolean>
  /** Whether an error that has no code tells that the database is away: nothing is counted then. */
  isDatabaseAway?: (error: unknown) => boolean
  /** Running jobs are handed back at once when this is aborted. */
  stopping: AbortSignal
  log: Logger
}
