import type { Collection } from './dag-source.ts'
import type { EmptyBlock } from './empty-block.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import type { PinGate } from './pin-gate.ts'
import { readJsonLines } from './read-json-lines.ts'
import { runningCommands } from './running-commands.ts'

/**
 * Runs `repo/gc`. Kubo is silent while it marks what pins hold, on a large repo for longer than the 300 s that
 * HTTP clients wait by default. Aborting stops the sweep part-way, which is safe: the next one removes the rest.
 *
 * Does nothing while another process adds to the node. An `add` with a pin holds Kubo's lock for as long as its client
 * sends (kubo core/coreunix/add.go); a collection would wait for it, and not even leave when it is aborted, with every
 * later pin behind it.
 */
export async function collectGarbage(
  deps: { http: KuboHttp; gate: PinGate; emptyBlock: EmptyBlock },
  options: { signal: AbortSignal },
): Promise<Collection> {
  const call = beginCall('collect garbage', options, { expired: 'timed-out', failed: 'source-unavailable' })
  try {
    using _pass = await deps.gate.enterCollection(call.signal)
    deps.emptyBlock.forget()
    if ((await runningCommands(deps.http, call.signal)).some(({ name }) => name === 'add'))
      return { removedBlocks: 0, postponed: true }
    const response = await deps.http.runCommand('repo/gc', {}, call.signal)
    let removedBlocks = 0
    for await (const line of readJsonLines(response)) if ('Key' in line) removedBlocks += 1
    return { removedBlocks, postponed: false }
  } catch (error) {
    throw call.translate(error)
  }
}
