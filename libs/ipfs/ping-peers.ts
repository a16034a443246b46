import type { TimeLimit } from './dag-source.ts'
import { beginCall, KuboCommandError } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import { readJsonLines } from './read-json-lines.ts'

/** Pings all peers at once and stops at the first answer. Kubo dials a peer that is not connected. */
export async function anyPeerAlive(
  http: KuboHttp,
  peerIds: readonly string[],
  options: TimeLimit,
): Promise<boolean> {
  const call = beginCall('ping peers', options, { expired: 'timed-out', failed: 'source-unavailable' })
  const done = new AbortController()
  const signal = AbortSignal.any([call.signal, done.signal])
  try {
    await Promise.any(peerIds.map(peerId => ping(http, peerId, { signal, timeout: call.kuboTimeout })))
    return true
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof AggregateError)) throw error
    const unexpected = error.errors.find(
      reason => !call.signal.aborted && !(reason instanceof KuboCommandError),
    )
    if (unexpected === undefined) return false
    throw call.translate(unexpected)
  } finally {
    done.abort()
  }
}

async function ping(
  http: KuboHttp,
  peerId: string,
  { signal, timeout }: { signal: AbortSignal; timeout: string },
): Promise<void> {
  const response = await http.runCommand('ping', { arg: peerId, count: '1', timeout }, signal)
  for await (const line of readJsonLines(response)) {
    // Lines that only announce what Kubo does are successes with no time.
    if (line['Success'] === true && typeof line['Time'] === 'number' && line['Time'] > 0) return
  }
  throw new KuboCommandError(`peer ${peerId} does not answer`)
}
