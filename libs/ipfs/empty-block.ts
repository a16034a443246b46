import { CID } from 'multiformats/cid'

import type { TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'
import type { CommandBody, KuboHttp } from './kubo-http.ts'

/** Multihash of no bytes by sha2-256, in hex. */
const emptyMultihash = '1220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Whether the CID is of the block of no bytes by sha2-256, whatever its codec. */
export const isEmptyBlock = (cid: string): boolean =>
  Buffer.from(CID.parse(cid).multihash.bytes).toString('hex') === emptyMultihash

/** For so long after it was put the block counts as there: many jobs begin in a second. */
const keptMs = 1_000

/** Sees to it that the node has the empty block. */
export type EmptyBlock = {
  /** Puts it, unless it was put just now. */
  keep(options: TimeLimit): Promise<void>
  /** To be called when a garbage collection begins. */
  forget(): void
}

/**
 * The block of no bytes by sha2-256: the leaf of every empty file, and the empty dag-pb node, since blocks are kept by
 * multihash. Between Kubo nodes (0.43) bitswap never delivers it, so a DAG with an empty file would wait for it for
 * ever. It is not pinned; each pin that runs ahead sees to it again, while no garbage is collected.
 */
export function createEmptyBlock(http: KuboHttp): EmptyBlock {
  let putAt = -Infinity
  let collections = 0
  return {
    async keep(options) {
      const startedAt = performance.now()
      if (startedAt - putAt < keptMs) return
      const collectionsBefore = collections
      await putEmptyBlock(http, options)
      if (collections === collectionsBefore) putAt = startedAt
    },
    forget() {
      collections++
      putAt = -Infinity
    },
  }
}

async function putEmptyBlock(http: KuboHttp, options: TimeLimit): Promise<void> {
  const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const
  const call = beginCall('put the empty block', options, codes)
  try {
    const parameters = { 'cid-codec': 'raw', mhtype: 'sha2-256', pin: 'false', timeout: call.kuboTimeout }
    const { body } = await http.runCommand('block/put', parameters, call.signal, emptyFile())
    // The CID of the block; no answer at all where Kubo has read no file.
    await body.json()
  } catch (error) {
    throw call.translate(error)
  }
}

/** One file without a byte, as `block/put` reads files (boxo files/multipartfile.go). */
const emptyFile = (): CommandBody => ({
  contentType: 'multipart/form-data; boundary=empty',
  bytes: bytesOf(
    '--empty\r\nContent-Disposition: form-data; name="file"; filename="empty"\r\n' +
      'Content-Type: application/octet-stream\r\n\r\n\r\n--empty--\r\n',
  ),
})

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
