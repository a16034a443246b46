import type { DeadLetter } from '#libs/bus/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import * as events from '#libs/events/index.ts'

/** What a letter asks for when it is replayed; `broken` is why it can only end as a dead letter again. */
export type ToReplay =
  | { kind: 'job'; cid: string; generation: number }
  | { kind: 'message' }
  | { kind: 'broken'; why: string }

const jobs: readonly { subject: string; decode: (body: Uint8Array) => { data: JobData } }[] = [
  events.pinRequested,
  events.carUploaded,
]
type JobData = { cid: string; generation?: number }

const others = [
  events.pinStarted,
  events.pinFailed,
  events.pinCancelled,
  events.carValid,
  events.carIndexed,
] as const

/**
 * A job is done again as a whole: what its message names may be gone, such as the staged CAR. A request of a producer and
 * an event are sent again as they are.
 */
export function whatToReplay({ subject, body }: Pick<DeadLetter, 'subject' | 'body'>): ToReplay {
  try {
    const job = jobs.find(event => event.subject === subject)
    if (job) {
      const { cid, generation } = job.decode(body).data
      return generation === undefined ? { kind: 'message' } : { kind: 'job', cid, generation }
    }
    const event = others.find(one => one.subject === subject)
    if (!event) return { kind: 'broken', why: `nobody reads ${subject || 'a message without a subject'}` }
    event.decode(body)
    return { kind: 'message' }
  } catch (error) {
    if (error instanceof PermanentError) return { kind: 'broken', why: error.message }
    throw error
  }
}
