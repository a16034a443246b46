import type { GiveUp } from '#libs/bus/index.ts'
import type { ContentChanges, Job, JobStanding } from '#libs/db/index.ts'
import { jobOfMessage } from './job-of-message.ts'

type Deps = Pick<ContentChanges, 'failed'> & {
  standingOf: (job: Job) => Promise<JobStanding>
}

/**
 * A message that is delivered no more → contents failed. Safe to repeat and in any order: the change is guarded by generation
 * and state. A worker that has the job was cut off from NATS, and may come back. Events fail nothing: what they tell of
 * has happened.
 */
export const onJobExhausted =
  ({ failed, standingOf }: Deps): GiveUp =>
  async (kept, { code, message, missingCids }) => {
    const job = jobOfMessage(kept)
    if (!job) return 'given-up'
    switch (await standingOf(job)) {
      case 'leased':
        return 'held'
      case 'done':
        // The next step may be under way. If nobody was told, the content is found without a worker, and starts again.
        return 'given-up'
      case 'idle':
        await failed({ ...job, code, message, missingCids: [...missingCids] })
        return 'given-up'
    }
  }
