import { type Reaction, readEvents } from '../read-events.ts'
import { silent, type TestBus } from './test-bus.ts'

/** A process that reads as status does; disposing stops it and waits for its slots. */
export async function startReader(bus: TestBus, reactions: Reaction[], settings = {}) {
  const connection = await bus.connect('status')
  const stopping = new AbortController()
  const reading = readEvents({
    bus: connection,
    consumer: 'status',
    reactions,
    slots: 2,
    retryMinMs: 20,
    retryMaxMs: 10_000,
    stopping: stopping.signal,
    log: silent,
    ...settings,
  })
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await reading
      await connection[Symbol.asyncDispose]()
    },
  }
}
