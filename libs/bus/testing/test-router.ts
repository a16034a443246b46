import type { Failure } from '#libs/errors/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { type GiveUp, type KeptMessage, openExhaustedMessages } from '../exhausted.ts'
import { routeExhausted } from '../route-exhausted.ts'
import { silent, type TestBus } from './test-bus.ts'

/** A router as status runs it; disposing stops it. `givenUp` is what it was asked to end, in order. */
export async function startRouter(
  bus: TestBus,
  settings: { giveUp?: GiveUp; mayPull?: () => Promise<boolean>; log?: Logger } = {},
) {
  const connection = await bus.connect('status')
  const givenUp: { message: KeptMessage; failure: Failure }[] = []
  const stopping = new AbortController()
  const routing = routeExhausted({
    bus: connection,
    exhausted: await openExhaustedMessages(connection),
    giveUp: async (message, failure) => {
      givenUp.push({ message, failure })
      return settings.giveUp?.(message, failure) ?? 'given-up'
    },
    mayPull: settings.mayPull ?? (async () => true),
    retryMinMs: 20,
    retryMaxMs: 200,
    stopping: stopping.signal,
    log: settings.log ?? silent,
  })
  return {
    givenUp,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await routing
      await connection[Symbol.asyncDispose]()
    },
  }
}
