import { jetstream } from '@nats-io/jetstream'
import { pinStarted } from '#libs/events/index.ts'
import type { Pipeline } from '../../e2e/pipeline.ts'
import { randomCids } from '../api/random-cids.ts'
import type { Figures } from '../report.ts'

/** Events published by one connection, so many at once; each counts when the server has it on disk and says so. */
export async function publishEvents(
  { admin, prefix }: Pipeline,
  { events, atOnce }: { events: number; atOnce: number },
): Promise<Figures> {
  const stream = jetstream(admin)
  const queue = randomCids(events).values()
  const publish = async () => {
    for (const cid of queue) {
      const id = `${cid}.1.started.1`
      const body = pinStarted.encode(id, { cid, generation: 1, attempt: 1, worker: 'fetcher/bench' })
      await stream.publish(`${prefix}.${pinStarted.subject}`, body, { msgID: id })
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: atOnce }, publish))
  return { 'events/s': (events * 1_000) / (performance.now() - startedAt) }
}
