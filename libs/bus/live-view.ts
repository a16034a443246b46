import { Kvm } from '@nats-io/kv'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { mirrorKeys } from './mirror-keys.ts'

/** What a running job says of itself. Shown to people, never decided on; gone a minute after the last word. */
export type LiveJob = {
  phase: 'locating' | 'waiting' | 'transferring' | 'validating'
  attempt: number
  worker: string
  /** Of the DAG, as far as the IPFS node has it. */
  dagBytes: number
  dagBlocks: number
  /** Of the CAR, as far as it was sent on or checked. */
  carBytes: number
  /** Of the counter that grows faster, since the last word but one. */
  bytesPerSecond?: number
  /** Since a counter last grew. */
  stalledMs?: number
}

const keyOf = (cid: string) => `job.${cid}`

/** Opens the bucket for writing. The returned function never rejects: progress that cannot be shown harms nobody. */
export async function openLiveView(bus: Bus, log: Logger): Promise<(cid: string, job: LiveJob) => void> {
  const bucket = await new Kvm(bus.stream).open(bus.names.bucket('LIVE'))
  return (cid, job) => {
    bucket
      .put(keyOf(cid), JSON.stringify(job))
      .catch((err: unknown) => log.debug({ err, cid }, 'progress not shown'))
  }
}

/** The running jobs, kept by a watch. */
export type LiveMirror = AsyncDisposable & { get: (cid: string) => LiveJob | undefined }

/** Mirrors the jobs of the bucket in memory, so that answering a status costs no request. */
export async function mirrorLiveView(
  bus: Bus,
  { maxAgeMs, log }: { maxAgeMs: number; log: Logger },
): Promise<LiveMirror> {
  const jobs = await mirrorKeys(bus, {
    keys: keyOf('*'),
    read: entry => entry.json<LiveJob>(),
    maxAgeMs,
    log,
  })
  return {
    get: cid => jobs.get(keyOf(cid)),
    [Symbol.asyncDispose]: () => jobs[Symbol.asyncDispose](),
  }
}
