import type { KeptMessage } from '#libs/bus/index.ts'
import type { Job } from '#libs/db/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import { carUploaded, pinRequested } from '#libs/events/index.ts'

const steps = [
  { event: pinRequested, step: 'fetch' },
  { event: carUploaded, step: 'validate' },
] as const

/**
 * The job that a message asks for; undefined for one that is no job: an event, a request of a producer that has no rows yet, or
 * what nobody can read.
 */
export function jobOfMessage({ subject, body }: Pick<KeptMessage, 'subject' | 'body'>): Job | undefined {
  const found = steps.find(({ event }) => event.subject === subject)
  if (!found) return undefined
  try {
    const { cid, generation } = found.event.decode(body).data
    return generation === undefined ? undefined : { cid, generation, step: found.step }
  } catch (error) {
    if (error instanceof PermanentError) return undefined
    throw error
  }
}
