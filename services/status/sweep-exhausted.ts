import type { ExhaustedMessages, GiveUp, JobConsumer, KeptMessage } from '#libs/bus/index.ts'
import type { Job, JobStanding } from '#libs/db/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { jobOfMessage } from './job-of-message.ts'
import type { Pass } from './repeat-pass.ts'

type Deps = {
  exhausted: ExhaustedMessages
  giveUp: GiveUp
  /** How a job stands; `leased` also when a worker had it within this time. */
  standingOf: (job: Job, withinMs: number) => Promise<JobStanding>
  /** Longer than any wait for a retry: a job that could still be delivered has had a worker within this time. */
  quietMs: number
  log: Logger
}

const swept: readonly JobConsumer[] = ['fetcher', 'validator']

/**
 * Routes exhausted jobs of which the server has told nobody: it says so once, and nobody may have listened. The server knows
 * how many there are, but not which. So they are taken to be those that no worker has had for `quietMs`, and only when
 * these are no more than were counted, in this pass and in the one before: while all workers are away every job is
 * quiet, and none is exhausted.
 */
export function createSweepExhausted({ exhausted, giveUp, standingOf, quietMs, log }: Deps): Pass {
  const countedBefore = new Map<JobConsumer, number>()

  async function isQuiet(message: KeptMessage): Promise<boolean> {
    if (message.publishedAt.getTime() > Date.now() - quietMs) return false
    const job = jobOfMessage(message)
    return job === undefined || (await standingOf(job, quietMs)) !== 'leased'
  }

  async function sweep(consumer: JobConsumer): Promise<void> {
    const counted = await exhausted.count(consumer)
    const surely = Math.min(counted, countedBefore.get(consumer) ?? 0)
    countedBefore.set(consumer, counted)
    if (surely === 0) return
    const quiet: number[] = []
    for await (const message of exhausted.delivered(consumer))
      if (await isQuiet(message)) quiet.push(message.seq)
    if (quiet.length > surely)
      return log.warn(
        { consumer, exhausted: surely, quiet: quiet.length },
        'exhausted jobs not told apart yet',
      )
    for (const seq of quiet) {
      const outcome = await exhausted.route({ consumer, seq, source: 'sweeper' }, giveUp)
      log.error({ consumer, seq, outcome }, 'exhausted job found that the server has told nobody of')
    }
  }

  return async () => {
    for (const consumer of swept) await sweep(consumer)
    return false
  }
}
