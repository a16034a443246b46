import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { StreamName } from '../names.ts'
import type { ConsumerName } from '../streams.ts'
import type { TestBus } from './test-bus.ts'

/** What the server itself says about the streams of a test. */
export async function lookAtStreams({ admin }: TestBus) {
  const manager = await jetstreamManager(admin.connection)
  const stream = (name: StreamName) => admin.names.stream(name)
  const messagesOf = async (name: StreamName) => (await manager.streams.info(stream(name))).state.messages
  return {
    manager,
    messagesOf,
    stream,
    consumer: (name: StreamName, durable: ConsumerName) => manager.consumers.info(stream(name), durable),
    /** The dead letters, oldest first. */
    async deadLetters(): Promise<StoredMsg[]> {
      const { state } = await manager.streams.info(stream('DLQ'))
      const found: StoredMsg[] = []
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
        const letter = await manager.streams.getMessage(stream('DLQ'), { seq })
        if (letter) found.push(letter)
      }
      return found
    },
  }
}
