import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { type DataOf, type EventDefinition, pinStarted } from '#libs/events/index.ts'
import type { Pipeline } from './pipeline.ts'

type Installation = Pick<Pipeline, 'admin' | 'prefix'>

/** Publishes an event that was sent again, or that nobody should have sent. With all rights, unless `as` has others. */
export async function publishByHand<Data>(
  { admin, prefix }: Installation,
  event: EventDefinition<Data>,
  { id, msgId = id, data, as = admin }: { id: string; msgId?: string; data: Data; as?: NatsConnection },
): Promise<void> {
  await jetstream(as).publish(`${prefix}.${event.subject}`, event.encode(id, data), { msgID: msgId })
}

/** Asks nothing by itself: right after a restart of the server a question may get no answer, and is asked again. */
const managerOf = (admin: NatsConnection) => jetstreamManager(admin, { checkAPI: false })

async function requireHandled(manager: JetStreamManager, stream: string): Promise<void> {
  for await (const { name, config, num_pending, num_ack_pending } of manager.consumers.list(stream)) {
    // Followers of cancels are forgotten with their process.
    if (config.durable_name === undefined) continue
    const left = num_pending + num_ack_pending
    if (left > 0) throw new Error(`${name} has ${left} messages left`)
  }
}

/** Resolves when every event was handled; jobs may still be under way. */
export async function eventsHandled({ admin, prefix }: Installation): Promise<void> {
  const probe = async () => requireHandled(await managerOf(admin), `${prefix}_PIN_EVENTS`)
  await pollUntil(probe, { what: 'the end of all events', timeoutMs: 30_000 })
}

/** Resolves when every job and event was handled, and none waits for another delivery. */
export async function allHandled({ admin, prefix }: Installation): Promise<void> {
  const probe = async () => {
    const manager = await managerOf(admin)
    const { state } = await manager.streams.info(`${prefix}_PIN_JOBS`)
    if (state.messages > 0) throw new Error(`${state.messages} jobs are left`)
    await requireHandled(manager, `${prefix}_PIN_EVENTS`)
  }
  await pollUntil(probe, { what: 'the end of all work', timeoutMs: 30_000 })
}

type Start = DataOf<typeof pinStarted>

/** The attempts that fetchers have told of, in order. */
export async function startsOf({ admin, prefix }: Installation, cid: string): Promise<Start[]> {
  const { streams } = await jetstreamManager(admin)
  const stream = `${prefix}_PIN_EVENTS`
  const { first_seq: first, last_seq: last } = (await streams.info(stream)).state
  const starts: Start[] = []
  for (let seq = Math.max(1, first); seq <= last; seq++) {
    const message = await streams.getMessage(stream, { seq })
    if (message?.subject !== `${prefix}.${pinStarted.subject}`) continue
    const { data } = pinStarted.decode(message.data)
    if (data.cid === cid) starts.push(data)
  }
  return starts
}

/** Waits for the event that attempt `nth` of a CID began. */
export const started = (installation: Installation, cid: string, nth: number): Promise<Start> =>
  pollUntil(
    async () => {
      const start = (await startsOf(installation, cid)).find(({ attempt }) => attempt === nth)
      if (!start) throw new Error('no such event')
      return start
    },
    { what: `attempt ${nth} of ${cid}`, timeoutMs: 20_000 },
  )
