import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Fault } from './faults.ts'
import type { Random } from './random.ts'

/** A fault as it went. One that could not be done, because of another one, has a `failure`. */
export type InjectedFault = Pick<Fault, 'kind' | 'target'> & {
  startedAtMs: number
  endedAtMs: number
  failure?: string
}

type Options = {
  next: () => Fault
  random: Random
  /** Between two faults. */
  pauseMs: { from: number; to: number }
  stopping: AbortSignal
  log: Logger
}

/** One fault after the other until `stopping` is aborted; the last one is ended. Times are those of `Date.now()`. */
export async function injectFaults(options: Options): Promise<InjectedFault[]> {
  const { next, random, pauseMs, stopping, log } = options
  const injected: InjectedFault[] = []
  while (!stopping.aborted) {
    const { kind, target, inject } = next()
    const startedAtMs = Date.now()
    const [outcome] = await Promise.allSettled([inject()])
    const fault = { kind, target, startedAtMs, endedAtMs: Date.now() }
    const failure = outcome.status === 'rejected' ? { failure: String(outcome.reason) } : {}
    injected.push({ ...fault, ...failure })
    log.info({ kind, target, forMs: fault.endedAtMs - startedAtMs, ...failure }, 'fault')
    await Promise.allSettled([
      delay(random.integer(pauseMs.from, pauseMs.to), undefined, { signal: stopping }),
    ])
  }
  return injected
}
