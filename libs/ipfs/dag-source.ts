/** Counters of a running pin. Blocks that were local before it started count too. */
export type PinProgress = { blocks: number; bytes: number }

/** A pin of the node, by the CID as it was given. Its name is empty when it was made without one. */
export type NamedPin = { cid: string; name: string }

/** What became of a garbage collection. */
export type Collection = { removedBlocks: number; postponed: boolean }

/** A limit in time and the caller's right to stop. Aborting rejects with the signal's reason, at once unless the method says else. */
export type TimeLimit = { timeoutMs: number; signal: AbortSignal }

/** Whose address could not be used, and why, in words for the person who gave it. */
export type RefusedOrigin = { origin: string; reason: string }

/**
 * Peers that one job holds. Disposing drops the references, never throws and may be repeated.
 * `peerIds` are all peers held, those that did not answer yet included: the node keeps dialling them.
 */
export type ConnectedOrigins = AsyncDisposable & {
  peerIds: readonly string[]
  refused: readonly RefusedOrigin[]
}

/** Who the node is to others: its peer id, and its multiaddrs that end in `/p2p/<peerId>`. */
export type NodeIdentity = { peerId: string; addresses: readonly string[]; agentVersion: string }

/** What the node's repository holds, and what it may hold (`Datastore.StorageMax` of Kubo), up to 2^53 - 1. */
export type RepoUsage = { usedBytes: number; limitBytes: number }

/**
 * A node that can bring the blocks of a DAG from the network and hand them out as a CAR.
 * Every CID given to it is canonical: CIDv1 in base32.
 * Each method rejects with the signal's reason when the caller aborts, with
 * `TransientError('source-unavailable')` when the node does not answer as it should.
 */
export type DagSource = {
  /**
   * The root block is at hand or somebody sent it in time; else `TransientError('timed-out')`, or `'not-found'` where the node
   * does not look for it. `wasLocal` tells that the node had it: most likely with the rest of the DAG.
   */
  locate(cid: string, options: TimeLimit): Promise<{ wasLocal: boolean }>

  /**
   * Holds and dials all origins in parallel, within `timeoutMs` in total. Call it before the first want of the DAG.
   * References are counted over all jobs of this source. A bad origin never rejects, it is listed in the result.
   */
  connectOrigins(origins: readonly string[], options: TimeLimit): Promise<ConnectedOrigins>

  /**
   * Lets go of the peers that were held for jobs which could not end it themselves: their process was killed, or the node
   * did not answer. Returns how many. Those in the node's configuration stay.
   */
  endStalePeerings(options: TimeLimit): Promise<number>

  /**
   * Pins the DAG under `name` and resolves when all of it is local. `onProgress` hears changed values only,
   * so silence is a stall. Throws `TransientError('dag-incomplete')` when the node reports that the pin failed,
   * `'timed-out'` when `timeoutMs` is over. Waits for a garbage collection that runs. When it was aborted it rejects as soon
   * as the node has given up, so that `unpin` finds what there is; it waits 5 s for that at most.
   */
  pinAhead(
    cid: string,
    options: TimeLimit & { name: string; onProgress: (progress: PinProgress) => void },
  ): Promise<void>

  /**
   * Bytes of a CARv1: depth first, each block once. It ends only if the source ended it well as far as it can know;
   * else it throws `TransientError` with `'dag-incomplete'`, `'source-unavailable'` or `'timed-out'`.
   * The stream rarely knows why a block is missing (the pin does), and it may still end short: whoever reads it
   * has to check the DAG. Leaving the loop early closes the request.
   */
  streamCar(cid: string, options: TimeLimit): AsyncIterable<Uint8Array>

  /**
   * A CARv1 of the blocks of a DAG that are on the node already; missing ones are skipped with what is below them.
   * Never asks the network. Throws like `streamCar`, `'dag-incomplete'` too when the root is missing.
   */
  streamLocalCar(cid: string, options: TimeLimit): AsyncIterable<Uint8Array>

  /** The recursive pin of a CID, when it is complete. There is one at most: a second `pin/add` only renames it. */
  findPin(cid: string, options: TimeLimit): Promise<NamedPin | undefined>

  /** All recursive pins that are complete, with their names. */
  listPins(options: TimeLimit): Promise<readonly NamedPin[]>

  /** Removes the pin. A CID that is not pinned is fine. */
  unpin(cid: string, options: { signal: AbortSignal }): Promise<void>

  /**
   * At least one of the peers answers a libp2p ping now. A provider that answers and sends nothing lacks the block;
   * one that does not is gone. False for no peers.
   */
  anyPeerAlive(peerIds: readonly string[], options: TimeLimit): Promise<boolean>

  /**
   * Deletes all blocks that no pin holds. Starts when no pin of this source runs, without holding up new ones
   * while it waits: who must have space takes no more jobs first. Pins asked for while it runs wait for its end.
   * While somebody adds files to the node it deletes nothing and says so: the caller asks again later.
   */
  collectGarbage(options: { signal: AbortSignal }): Promise<Collection>

  identify(options: TimeLimit): Promise<NodeIdentity>

  measureRepo(options: TimeLimit): Promise<RepoUsage>

  /** The node answers on every address that this source needs. Never throws, except for the caller's abort. */
  isReady(options: TimeLimit): Promise<boolean>
}
