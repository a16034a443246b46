import { type Database, foldPinCounts } from '#libs/db/index.ts'
import type { Pass } from './repeat-pass.ts'

/** So few that nobody who counts pins meanwhile waits noticeably. */
const batchChanges = 10_000

/**
 * Brings the counters of pins up to date with what changed since. The counts are exact without it; it keeps them cheap.
 * Several processes may do so at once: each takes changes that no other has taken.
 */
export const createFoldPinCounts =
  ({ db }: { db: Database }): Pass =>
  async () =>
    (await foldPinCounts(db, batchChanges)) === batchChanges
