import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import type { PinGate } from './pin-gate.ts'
import { readJsonLines } from './read-json-lines.ts'

/**
 * Runs `repo/gc`. Kubo is silent while it marks what pins hold, on a large repo for longer than the 300 s that
 * kubo-rpc-client waits. Aborting stops the sweep part-way, which is safe: the next one removes the rest.
 */
export async function collectGarbage(
  deps: { http: KuboHttp; gate: PinGate },
  options: { signal: AbortSignal },
): Promise<{ removedBlocks: number }> {
  const call = beginCall('collect garbage', options, { expired: 'timed-out', failed: 'source-unavailable' })
  try {
    using _pass = await deps.gate.enterCollection(call.signal)
    const response = await deps.http.runCommand('repo/gc', {}, call.signal)
    let removedBlocks = 0
    for await (const line of readJsonLines(response)) if ('Key' in line) removedBlocks += 1
    return { removedBlocks }
  } catch (error) {
    throw call.translate(error)
  }
}
