import { and, eq, gt, inArray } from 'drizzle-orm'
import type { AcceptedPin } from './accept-pin.ts'
import type { Database } from './connect-database.ts'
import { type ContentState, contents, pins } from './schema.ts'

/** The ipfs-cluster pins of an account among `cids`, which are canonical. */
export async function findClusterPins(
  db: Database,
  { account, cids }: { account: string; cids: string[] },
): Promise<Map<string, AcceptedPin>> {
  const rows = await selectPins(db).where(and(ofAccount(account), inArray(pins.cid, cids)))
  return new Map(rows.map(row => [row.pin.cid, row]))
}

type Page = {
  account: string
  /** All without it. */
  states?: readonly ContentState[] | undefined
  /** The last CID of the page before. */
  afterCid?: string | undefined
  limit: number
}

/** One page of the ipfs-cluster pins of an account, ordered by CID. No cursor stays open between pages. */
export const clusterPins = (
  db: Database,
  { account, states, afterCid, limit }: Page,
): Promise<AcceptedPin[]> =>
  selectPins(db)
    .where(
      and(
        ofAccount(account),
        states && inArray(pins.state, [...states]),
        // Said of both tables: a merge join would otherwise read all contents before the page.
        afterCid === undefined ? undefined : and(gt(pins.cid, afterCid), gt(contents.cid, afterCid)),
      ),
    )
    .orderBy(pins.cid)
    .limit(limit)

const selectPins = (db: Database) =>
  db.select({ pin: pins, content: contents }).from(pins).innerJoin(contents, eq(contents.cid, pins.cid))

const ofAccount = (account: string) => and(eq(pins.account, account), eq(pins.api, 'cluster'))
