import { setInterval } from 'node:timers/promises'
import { Type } from 'typebox'
import { readConfig } from '#libs/config/index.ts'
import { runService } from '../run-service.ts'

/** What the process does when it is told to stop, and before. */
const schema = Type.Object({
  LOG_LEVEL: Type.String({ default: 'info' }),
  SHUTDOWN_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 10_000 }),
  BEHAVIOUR: Type.Enum(['stops', 'sticks', 'loop-ends', 'loop-fails', 'start-fails'], { default: 'stops' }),
})

await runService(
  'tiny',
  () => readConfig(schema),
  async ({ config, log, stopping }) => {
    if (config.BEHAVIOUR === 'start-fails') throw new Error('the port is taken')
    const loop = async () => {
      if (config.BEHAVIOUR === 'loop-ends') return
      if (config.BEHAVIOUR === 'loop-fails') throw new Error('the loop broke')
      for await (const _ of setInterval(10)) if (stopping.aborted && config.BEHAVIOUR === 'stops') return
    }
    const released = async () => log.info('released')
    return { running: [loop()], resources: { [Symbol.asyncDispose]: released } }
  },
)
