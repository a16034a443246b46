import { and, eq, inArray } from 'drizzle-orm'
import type { LiveJob } from '#libs/bus/index.ts'
import { type AcceptedPin, contents, type Database, pins } from '#libs/db/index.ts'
import { globalPinInfo, type VirtualPeer } from './global-pin-info.ts'
import type { RequestedCid } from './read-cid.ts'

type Deps = {
  db: Database
  liveJob: (cid: string) => LiveJob | undefined
  account: string
  peer: VirtualPeer
}

/** States of CIDs, in the order asked for. */
export type StatusOf = (cids: readonly RequestedCid[]) => Promise<ReturnType<typeof globalPinInfo>[]>

/** One query for all CIDs; progress comes from memory. */
export const createStatusOf =
  ({ db, liveJob, account, peer }: Deps): StatusOf =>
  async requested => {
    const found = await findClusterPins(
      db,
      account,
      requested.map(({ cid }) => cid),
    )
    return requested.map(one => globalPinInfo(one, found.get(one.cid), liveJob(one.cid), peer))
  }

async function findClusterPins(
  db: Database,
  account: string,
  cids: string[],
): Promise<Map<string, AcceptedPin>> {
  const rows = await db
    .select({ pin: pins, content: contents })
    .from(pins)
    .innerJoin(contents, eq(contents.cid, pins.cid))
    .where(and(eq(pins.account, account), eq(pins.api, 'cluster'), inArray(pins.cid, cids)))
  return new Map(rows.map(row => [row.pin.cid, row]))
}
