import { type KvEntry, Kvm } from '@nats-io/kv'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'

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

/** A mirror of the bucket, kept by a watch. */
export type LiveMirror = AsyncDisposable & { get: (cid: string) => LiveJob | undefined }

/** Mirrors the bucket in memory, so that answering a status costs no request. */
export async function mirrorLiveView(
  bus: Bus,
  { maxAgeMs, log }: { maxAgeMs: number; log: Logger },
): Promise<LiveMirror> {
  const bucket = await new Kvm(bus.stream).open(bus.names.bucket('LIVE'))
  const watch = await bucket.watch({ key: 'job.*' })
  const jobs = new Map<string, { job: LiveJob; seenAt: number }>()

  async function follow(): Promise<void> {
    for await (const entry of watch) {
      const job = entry.operation === 'PUT' ? readJob(entry, log) : undefined
      if (job) jobs.set(entry.key, { job, seenAt: entry.created.getTime() })
      else jobs.delete(entry.key)
    }
  }
  const following = follow().catch((err: unknown) => log.error({ err }, 'the live view stopped'))
  const forgetOld = setInterval(() => {
    for (const [key, { seenAt }] of jobs) if (Date.now() - seenAt > maxAgeMs) jobs.delete(key)
  }, maxAgeMs)

  return {
    get(cid) {
      const entry = jobs.get(keyOf(cid))
      return entry && Date.now() - entry.seenAt <= maxAgeMs ? entry.job : undefined
    },
    async [Symbol.asyncDispose]() {
      clearInterval(forgetOld)
      watch.stop()
      await following
    },
  }
}

/** An entry that is no JSON is left out of the view: it must not end the watch. */
function readJob(entry: KvEntry, log: Logger): LiveJob | undefined {
  try {
    return entry.json<LiveJob>()
  } catch (err) {
    log.warn({ err, key: entry.key }, 'live entry not readable')
    return undefined
  }
}
