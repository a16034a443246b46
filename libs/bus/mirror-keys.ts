import { type KvEntry, Kvm } from '@nats-io/kv'
import type { Logger } from '#libs/telemetry/index.ts'
import type { Bus } from './connect-bus.ts'
import { pauseAfterFailure } from './pull.ts'

type MirrorOptions<Value> = {
  /** The keys to follow, with wildcards, as in `job.*`. */
  keys: string
  /** What an entry says; undefined leaves it out. May throw for an entry that is not readable. */
  read: (entry: KvEntry) => Value | undefined
  /** Entries are forgotten this long after they were written: the server does not tell when it lets one go. */
  maxAgeMs: number
  log: Logger
}

/** A part of the LIVE bucket in memory. Disposing ends the watch. */
export type KeyMirror<Value> = AsyncDisposable & {
  get: (key: string) => Value | undefined
  /** All values that are not too old, in no order. */
  values: () => Value[]
}

/**
 * Mirrors keys of the LIVE bucket in memory by a watch, so that reading them costs no request. After a reconnect the watch
 * begins anew: the client's own goes on at the sequence where it was, which a bucket that was made anew has not reached.
 */
export async function mirrorKeys<Value>(
  bus: Bus,
  { keys, read, maxAgeMs, log }: MirrorOptions<Value>,
): Promise<KeyMirror<Value>> {
  const openWatch = async () =>
    (await new Kvm(bus.stream).open(bus.names.bucket('LIVE'))).watch({ key: keys })
  const stopping = new AbortController()
  const entries = new Map<string, { value: Value; writtenAt: number }>()
  const isFresh = ({ writtenAt }: { writtenAt: number }) => Date.now() - writtenAt <= maxAgeMs
  let watch: Awaited<ReturnType<typeof openWatch>> | undefined = await openWatch()

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        watch ??= await openWatch()
        if (stopping.signal.aborted) watch.stop()
        for await (const entry of watch) {
          const value = entry.operation === 'PUT' ? readEntry(entry, read, log) : undefined
          if (value === undefined) entries.delete(entry.key)
          else entries.set(entry.key, { value, writtenAt: entry.created.getTime() })
        }
      } catch (err) {
        log.debug({ err }, 'the live view stopped, will start anew')
        await pauseAfterFailure(stopping.signal)
      }
      watch = undefined
    }
  }

  async function beginAnewAfterReconnects(): Promise<void> {
    for await (const { type } of bus.connection.status()) {
      if (stopping.signal.aborted) return
      if (type === 'reconnect') watch?.stop()
    }
  }

  const following = follow()
  void beginAnewAfterReconnects()
  const forgetOld = setInterval(() => {
    for (const [key, entry] of entries) if (!isFresh(entry)) entries.delete(key)
  }, maxAgeMs)

  return {
    get(key) {
      const entry = entries.get(key)
      return entry && isFresh(entry) ? entry.value : undefined
    },
    values: () => [...entries.values()].filter(isFresh).map(({ value }) => value),
    async [Symbol.asyncDispose]() {
      clearInterval(forgetOld)
      stopping.abort()
      watch?.stop()
      await following
    },
  }
}

/** An entry that is not readable is left out of the view: it must not end the watch. */
function readEntry<Value>(
  entry: KvEntry,
  read: (entry: KvEntry) => Value | undefined,
  log: Logger,
): Value | undefined {
  try {
    return read(entry)
  } catch (err) {
    log.warn({ err, key: entry.key }, 'live entry not readable')
    return undefined
  }
}
