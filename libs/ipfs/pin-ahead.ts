import { TransientError } from '#libs/errors/index.ts'

import type { DagSource, PinProgress } from './dag-source.ts'
import type { EmptyBlock } from './empty-block.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import type { PinGate } from './pin-gate.ts'
import { type JsonLine, readJsonLines } from './read-json-lines.ts'

/** For a block without bytes. */
const putTimeoutMs = 10_000

/**
 * Fetches by `pin/add`: one bitswap session with 32 blocks in flight, where a CAR stream has one.
 * `timeout` is always given: a pin that waits for a block nobody has never ends by itself.
 */
export async function pinAhead(
  deps: { http: KuboHttp; gate: PinGate; emptyBlock: EmptyBlock },
  cid: string,
  { name, onProgress, ...limit }: Parameters<DagSource['pinAhead']>[1],
): Promise<void> {
  const call = beginCall(`pin ${cid}`, limit, { expired: 'timed-out', failed: 'dag-incomplete' })
  try {
    using _pass = await deps.gate.enterPin(call.signal)
    await deps.emptyBlock.keep({ timeoutMs: putTimeoutMs, signal: call.signal })
    const parameters = { arg: cid, recursive: 'true', progress: 'true', name, timeout: call.kuboTimeout }
    const response = await deps.http.runCommand('pin/add', parameters, call.signal)
    let last: PinProgress = { blocks: 0, bytes: 0 }
    let pinned = false
    for await (const line of readJsonLines(response)) {
      if (Array.isArray(line['Pins'])) pinned = true
      const progress = readProgress(line, last)
      if (progress.blocks === last.blocks && progress.bytes === last.bytes) continue
      last = progress
      onProgress(progress)
    }
    if (!pinned)
      throw new TransientError('source-unavailable', `Kubo ended the pin of ${cid} without a result`)
  } catch (error) {
    throw call.translate(error)
  }
}

/** `{ Progress, Bytes }` every 500 ms, repeated while nothing moves; Go leaves out fields that are zero. */
function readProgress(line: JsonLine, last: PinProgress): PinProgress {
  const { Progress: blocks, Bytes: bytes } = line
  return {
    blocks: typeof blocks === 'number' ? blocks : last.blocks,
    bytes: typeof bytes === 'number' ? bytes : last.bytes,
  }
}
