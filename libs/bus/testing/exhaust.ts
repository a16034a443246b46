import type { JobConsumer } from '../streams.ts'
import type { TestBus } from './test-bus.ts'

/** Takes and hands back whatever a consumer has, until the server gives all of it up. Resolves with the deliveries. */
export async function exhaust(bus: TestBus, name: JobConsumer | 'status'): Promise<number> {
  const stream = bus.admin.names.stream(name === 'status' ? 'PIN_EVENTS' : 'PIN_JOBS')
  const consumer = await bus.admin.stream.consumers.get(stream, name)
  for (let deliveries = 0; ; deliveries++) {
    const message = await consumer.next({ expires: 1_000 })
    if (!message) return deliveries
    message.nak()
  }
}
