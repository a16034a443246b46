import { type AddedEntry, addFiles, type ImportOptions } from './add-files.ts'
import type { TimeLimit } from './dag-source.ts'
import { streamExportedCar } from './export-car.ts'
import { readEndpoint } from './kubo-endpoint.ts'
import { type CommandBody, openKuboHttp } from './kubo-http.ts'
import { createPinGate } from './pin-gate.ts'
import { unpin } from './unpin.ts'

/**
 * A node that turns files into DAGs. Each method rejects with the signal's reason when the caller aborts, and with
 * `TransientError('source-unavailable')` when the node does not answer as it should.
 */
export type FileAdder = {
  /**
   * Reads `body`, a `multipart/form-data` one, as it comes, and yields what becomes of it while it is read. Leaving the
   * loop early, or an error of `body`, ends the request; roots that were complete by then stay pinned. Rejects with
   * `TransientError('internal')` and the node's own words when it refuses.
   */
  addFiles(body: CommandBody, options: ImportOptions & { signal: AbortSignal }): AsyncIterable<AddedEntry>
  /** A CARv1 of a DAG that the node has, depth first. Never asks the network. The reader has to check it. */
  streamLocalCar(cid: string, options: TimeLimit): AsyncIterable<Uint8Array>
  /** Removes a pin, by the CID as `addFiles` gave it. A CID that is not pinned is fine. */
  unpin(cid: string, options: { signal: AbortSignal }): Promise<void>
}

/** A {@link FileAdder} over one Kubo node. Connects on demand; `user:password@` in the address is sent along. */
export function connectFileAdder(apiUrl: string): FileAdder & AsyncDisposable {
  const rpc = readEndpoint(apiUrl, '/api/v0')
  const http = openKuboHttp({ rpc, gateway: rpc })
  // Whoever collects the garbage of the node is another process: Kubo's own lock has to do.
  const gate = createPinGate()
  return {
    addFiles: (body, options) => addFiles(http, body, options),
    streamLocalCar: (cid, options) => streamExportedCar(http, cid, options, { localOnly: true }),
    unpin: (cid, options) => unpin({ http, gate }, cid, options),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
