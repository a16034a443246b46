import { PickupError, TransientError } from '#libs/errors/index.ts'
import { HttpError } from '#libs/http/index.ts'
import { type AddedEntry, addPinName, type FileAdder } from '#libs/ipfs/index.ts'
import type { AddDeps, AddRequest } from './add-request.ts'
import { type AddedOutput, addedOutput } from './added-output.ts'
import { multipartType } from './multipart-boundary.ts'
import { createMultipartReader } from './multipart-reader.ts'
import { readCid } from './read-cid.ts'

/** Files become DAGs on a node only. */
export const noNode = () => new HttpError(501, 'files cannot be added here: KUBO_API_URL is not set')

type Root = AddedEntry & { kind: 'added' }

const unpinTimeoutMs = 10_000
/** Only a backstop: what stands still ends much earlier. */
const exportTimeoutMs = 4 * 3_600_000

/**
 * Lets the IPFS node make DAGs of the files, brings each as a CAR into staging, and pins every root. The node gets the
 * body as it is, and keeps nothing: what was added does not depend on it once its root is answered, which is why the
 * roots come last. Ipfs-cluster pins the last root only.
 */
export async function* addFiles(deps: AddDeps, request: AddRequest): AsyncGenerator<AddedOutput> {
  const { newRequestId, fileAdder, stageCar, keepCar, peerId, log } = deps
  const { params, watch } = request
  const { pin } = params
  if (!fileAdder) throw noNode()
  const roots: Root[] = []
  try {
    for await (const entry of entriesOf(fileAdder, request)) {
      watch.progress()
      if (entry.kind === 'added' && entry.isRoot) roots.push(entry)
      else yield outputOf(entry)
    }
    const kept = new Set<string>()
    for (const root of roots) {
      if (pin && !kept.has(root.cid)) {
        const requestId = newRequestId()
        const { cid } = readCid(root.cid)
        const staged = await stageCar(localCar(fileAdder, cid, request), { requestId, root: cid, watch })
        await keepCar({ ...staged, root: { cid, sentCid: root.cid } }, pin, requestId)
        kept.add(root.cid)
      }
      yield outputOf(root)
    }
  } finally {
    if (pin) for (const cid of new Set(roots.map(root => root.cid))) await release(fileAdder, cid)
  }

  function outputOf(entry: AddedEntry): AddedOutput {
    if (entry.kind === 'progress') return addedOutput(entry.name, { bytes: entry.bytes })
    const { name, cid, sizeBytes } = entry
    return addedOutput(name, { cid, size: sizeBytes, allocations: [peerId] })
  }

  async function release(node: FileAdder, cid: string): Promise<void> {
    try {
      await node.unpin(cid, { signal: AbortSignal.timeout(unpinTimeoutMs) })
    } catch (err) {
      log.warn({ err, cid }, 'pin of added files not removed from the IPFS node')
    }
  }
}

/** What the node says while it reads the body. What is wrong with the body goes before what the node made of it. */
async function* entriesOf(
  node: FileAdder,
  { params, body, boundary, watch }: AddRequest,
): AsyncGenerator<AddedEntry> {
  const reader = createMultipartReader(boundary)
  let failure: { error: unknown } | undefined
  async function* watched() {
    try {
      for await (const chunk of body) {
        reader.push(chunk)
        yield chunk
      }
      reader.end()
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  const { signal } = watch
  // Pins hold what was added until it is in staging. A fetcher on the node removes, by the time, those that a crash left.
  const hold = params.pin && { pinName: addPinName(new Date()) }
  try {
    const source = { contentType: multipartType(boundary), bytes: watched() }
    yield* node.addFiles(source, { ...params.import, ...hold, signal })
  } catch (error) {
    throw failure ? failure.error : error
  }
  if (failure) throw failure.error
}

/** The node has just made this DAG: whatever is missing or wrong in it, it is not the client's fault. */
async function* localCar(node: FileAdder, cid: string, { watch }: AddRequest): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of node.streamLocalCar(cid, {
      timeoutMs: exportTimeoutMs,
      signal: watch.signal,
    })) {
      watch.progress()
      yield chunk
    }
  } catch (cause) {
    if (!(cause instanceof PickupError)) throw cause
    throw new TransientError('source-unavailable', `${cid} was added, but not read back: ${cause.message}`, {
      cause,
    })
  }
}
