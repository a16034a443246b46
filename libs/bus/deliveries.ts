import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { Bus } from './connect-bus.ts'
import { type ConsumerName, consumers } from './streams.ts'

/** How far the messages of a consumer have come. */
export type Delivery = {
  /** When the stream was made: what was published before is gone. */
  streamMadeAt: Date
  /** What was published before was delivered once at least. In the time of the server, or now when nothing waits. */
  deliveredBefore: Date
}

/** A stream or a consumer is not there: it was never made, or the server has lost it. */
export class NotProvisionedError extends Error {
  override name = 'NotProvisionedError'
}

/**
 * Asks the server how far each durable consumer is. Throws {@link NotProvisionedError} when one, or its stream, is
 * missing: nothing that is published for it is kept then.
 */
export async function readDeliveries(bus: Bus): Promise<Record<ConsumerName, Delivery>> {
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  const names = Object.keys(consumers) as ConsumerName[]
  const entries = names.map(async name => [name, await readDelivery(bus, manager, name)] as const)
  return Object.fromEntries(await Promise.all(entries)) as Record<ConsumerName, Delivery>
}

async function readDelivery(bus: Bus, manager: JetStreamManager, name: ConsumerName): Promise<Delivery> {
  const { subjects } = consumers[name]
  const stream = bus.names.stream(consumers[name].stream)
  const askedAt = new Date()
  try {
    const { created } = await manager.streams.info(stream)
    const { num_pending, delivered } = await manager.consumers.info(stream, name)
    const waiting =
      num_pending === 0 ? [] : await oldestWaiting(bus, manager, stream, subjects, delivered.stream_seq + 1)
    const deliveredBefore = new Date(Math.min(askedAt.getTime(), ...waiting))
    return { streamMadeAt: new Date(created), deliveredBefore }
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new NotProvisionedError(
      `NATS has no consumer ${name} of ${stream}: run deploy/provision.ts, and what is lost is sent again`,
      { cause },
    )
  }
}

const isMissing = (error: unknown) =>
  error instanceof JetStreamApiError &&
  (error.code === JetStreamApiCodes.StreamNotFound || error.code === JetStreamApiCodes.ConsumerNotFound)

/** Times of the first message from `seq` on, of each subject that has one. */
async function oldestWaiting(
  bus: Bus,
  manager: JetStreamManager,
  stream: string,
  subjects: readonly string[],
  seq: number,
): Promise<number[]> {
  const found = await Promise.all(
    subjects.map(subject => {
      const query = { seq, next_by_subj: bus.names.subject(subject) }
      return manager.streams.getMessage(stream, query)
    }),
  )
  return found.flatMap(message => (message ? [message.time.getTime()] : []))
}
