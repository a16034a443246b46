import { setTimeout as delay } from 'node:timers/promises'
import { TransientError } from '#libs/errors/index.ts'

import type { DagSource, PinProgress } from './dag-source.ts'
import type { EmptyBlock } from './empty-block.ts'
import { beginCall, type KuboCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'
import type { PinGate } from './pin-gate.ts'
import { type JsonLine, readJsonLines } from './read-json-lines.ts'
import { runningCommands } from './running-commands.ts'

/** For a block without bytes. */
const putTimeoutMs = 10_000

const giveUpTimeoutMs = 5_000

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
    try {
      await addPin(deps.http, cid, { name, onProgress, call })
    } catch (error) {
      if (call.signal.aborted) await untilGivenUp(deps.http, cid)
      throw error
    }
  } catch (error) {
    throw call.translate(error)
  }
}

type AddPin = Pick<Parameters<DagSource['pinAhead']>[1], 'name' | 'onProgress'> & { call: KuboCall }

async function addPin(http: KuboHttp, cid: string, { name, onProgress, call }: AddPin): Promise<void> {
  const parameters = { arg: cid, recursive: 'true', progress: 'true', name, timeout: call.kuboTimeout }
  const response = await http.runCommand('pin/add', parameters, call.signal)
  let last: PinProgress = { blocks: 0, bytes: 0 }
  let pinned = false
  for await (const line of readJsonLines(response)) {
    if (Array.isArray(line['Pins'])) pinned = true
    const progress = readProgress(line, last)
    if (progress.blocks === last.blocks && progress.bytes === last.bytes) continue
    last = progress
    onProgress(progress)
  }
  if (!pinned) throw new TransientError('source-unavailable', `Kubo ended the pin of ${cid} without a result`)
}

/**
 * Waits until Kubo has noticed that its client is gone: a removal that comes before finds nothing to remove, and the pin may
 * still come. What then goes on in Kubo either holds the lock of the pinner, for which a removal waits, or finds its
 * context ended before it writes (boxo pinning/pinner/dspinner/pin.go, `doPinRecursive`).
 */
async function untilGivenUp(http: KuboHttp, cid: string): Promise<void> {
  const signal = AbortSignal.timeout(giveUpTimeoutMs)
  const isPinning = async () =>
    (await runningCommands(http, signal)).some(({ name, args }) => name === 'pin/add' && args[0] === cid)
  try {
    for (let waitMs = 20; await isPinning(); waitMs *= 2) await delay(waitMs, undefined, { signal })
  } catch {
    // A node that does not answer is told by the call that follows, and the pin is found by its name later.
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
