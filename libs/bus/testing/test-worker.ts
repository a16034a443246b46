import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { pinRequested } from '#libs/events/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { publishEvent } from '../publish.ts'
import { createRunningJobs } from '../running-jobs.ts'
import { workOnJobs } from '../work-on-jobs.ts'
import type { WorkerSettings } from '../work-options.ts'
import { lookAtStreams } from './look-at-streams.ts'
import { createMemoryJobs, type MemoryStep } from './memory-jobs.ts'
import { silent, startTestBus, type TestBus } from './test-bus.ts'

const untilTimeoutMs = 20_000

/** Waits until the probe no longer throws. */
export async function until(probe: () => Promise<void> | void): Promise<void> {
  const deadline = performance.now() + untilTimeoutMs
  for (;;) {
    try {
      return await probe()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await delay(10)
  }
}

type WorkOptions = Parameters<typeof workOnJobs>[0]

const quick: WorkerSettings = {
  slots: 2,
  heartbeatMs: 200,
  leaseMs: 5_000,
  failureLimit: 3,
  outageLimit: 6,
  deliveryLimit: 10,
  retryMinMs: 20,
  retryMaxMs: 100,
}

/** A worker process; disposing stops it and waits for its slots. */
export async function startWorker(
  bus: TestBus,
  step: MemoryStep,
  settings: Partial<WorkerSettings> & Pick<WorkOptions, 'mayPull' | 'isDatabaseAway'> & { log?: Logger } = {},
) {
  const connection = await bus.connect('fetcher')
  const stopping = new AbortController()
  const runningJobs = createRunningJobs()
  const working = workOnJobs({
    bus: connection,
    consumer: 'fetcher',
    step,
    runningJobs,
    stopping: stopping.signal,
    log: silent,
    ...quick,
    ...settings,
  })
  const stop = async () => {
    stopping.abort(new Error('the service stops'))
    await working
  }
  return {
    stop,
    cancel: runningJobs.cancel,
    async [Symbol.asyncDispose]() {
      await stop()
      await connection[Symbol.asyncDispose]()
    },
  }
}

/** An installation with jobs; `send` publishes one, `settled` waits until none is left in the stream. */
export async function setUpJobs(settings: Parameters<typeof startTestBus>[0] = {}) {
  const bus = await startTestBus(settings)
  const streams = await lookAtStreams(bus)
  return {
    bus,
    streams,
    jobs: createMemoryJobs(),
    send: (cid: string) =>
      publishEvent(bus.admin, pinRequested, `${cid}.1.requested`, { cid, generation: 1 }),
    settled: () => until(async () => assert.equal(await streams.messagesOf('PIN_JOBS'), 0)),
    held: async () => (await streams.consumer('PIN_JOBS', 'fetcher')).num_ack_pending,
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}

/** Work that goes on until it is told to end. */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
