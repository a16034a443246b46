import type { Database } from '#libs/db/index.ts'
import type { DagSource } from '#libs/ipfs/index.ts'
import type { Storage } from '#libs/storage/index.ts'

/** What is not as it should be. */
export type Finding = {
  /** The kind: the RUNBOOK has a line for each. */
  check: FindingKind
  /** What it is about: a CID, a key, a row. */
  subject: string
  detail: string
  /**
   * Puts it right, safely while everything runs: it looks again before it changes anything, and answers false when there
   * was nothing to do any more. Absent where a person must decide.
   */
  repair?: () => Promise<boolean>
}

export type FindingKind =
  | 'car-without-row'
  | 'row-without-car'
  | 'staging-leftover'
  | 'open-upload'
  | 'stale-kubo-pin'
  | 'stuck-content'
  | 'old-outbox-row'
  | 'wrong-pin-count'

/** What the checks look at. */
export type Examined = {
  db: Database
  storage: Pick<Storage, 'list' | 'head' | 'delete' | 'listOpenUploads' | 'abortOpenUploads'>
  stagingBucket: string
  carBucket: string
  /** Only with an IPFS node. */
  source: Pick<DagSource, 'listPins' | 'unpin'> | undefined
  /** What is younger is left alone: it may be on its way. */
  graceMs: number
}

/** Looks for one kind of trouble, or two, and finds it bit by bit: memory does not grow with what is stored. */
export type Check = (examined: Examined) => AsyncIterable<Finding>
