import { jetstreamManager } from '@nats-io/jetstream'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Pipeline } from './pipeline.ts'

/** A message that the services gave up on. */
export type DeadLetter = { subject: string; code: string; reason: string; body: string }

/** All dead letters of a pipeline, oldest first. */
export async function deadLettersOf({ admin, prefix }: Pipeline): Promise<DeadLetter[]> {
  const { streams } = await jetstreamManager(admin)
  const stream = `${prefix}_DLQ`
  const { first_seq: first, last_seq: last } = (await streams.info(stream)).state
  const found: DeadLetter[] = []
  for (let seq = Math.max(first, 1); seq <= last; seq++) {
    const message = await streams.getMessage(stream, { seq })
    if (!message) continue
    const { subject, header } = message
    found.push({
      subject,
      code: header.get('Dlq-Code'),
      reason: header.get('Dlq-Reason'),
      body: message.string(),
    })
  }
  return found
}

/** Waits for the dead letter with a body that `matches`. */
export const deadLetter = (pipeline: Pipeline, matches: (body: string) => boolean): Promise<DeadLetter> =>
  pollUntil(
    async () => {
      const letter = (await deadLettersOf(pipeline)).find(({ body }) => matches(body))
      if (!letter) throw new Error('no dead letter has such a body')
      return letter
    },
    { what: 'a dead letter', timeoutMs: 20_000 },
  )
