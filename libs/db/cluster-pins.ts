import type { Database } from './connect-database.ts'
import { groupCalls } from './group-calls.ts'
import { type ClusterPin, readBarePins, readPins } from './read-pins.ts'
import type { ContentState } from './schema.ts'

/**
 * Finds the ipfs-cluster pin of an account for a canonical CID. Calls that come while queries are under way are
 * answered by one query together. Each sees what was committed before it.
 */
export function createFindClusterPin(
  db: Database,
  account: string,
): (cid: string) => Promise<ClusterPin | undefined> {
  return groupCalls(
    async (cids: readonly string[]) => {
      const found = await findClusterPins(db, { account, cids })
      return cids.map(cid => found.get(cid))
    },
    { maxRunning: 2, maxItems: 500 },
  )
}

/** The ipfs-cluster pins of an account among `cids`, which are canonical. */
export async function findClusterPins(
  db: Database,
  { account, cids }: { account: string; cids: readonly string[] },
): Promise<Map<string, ClusterPin>> {
  const found = await readPins(db, {
    name: 'find-cluster-pins',
    text: "where pins.account = $1 and pins.api = 'cluster' and pins.cid = any($2)",
    values: [account, cids],
  })
  return new Map(found.map(accepted => [accepted.pin.cid, accepted]))
}

type Page = {
  account: string
  /** All without it. */
  states?: readonly ContentState[] | undefined
  /** The last CID of the page before. */
  afterCid?: string | undefined
  limit: number
}

/**
 * One page of the ipfs-cluster pins of an account, ordered by CID. No cursor stays open between pages. Not prepared:
 * the best plan depends on the states.
 */
export const clusterPins = (
  db: Database,
  { account, states, afterCid = '', limit }: Page,
): Promise<ClusterPin[]> =>
  readPins(db, {
    // The bound is said of both tables: a merge join would otherwise read all contents before the page.
    text: `where pins.account = $1 and pins.api = 'cluster' and pins.cid > $2 and contents.cid > $2
        ${states ? 'and pins.state = any($4)' : ''}
      order by pins.cid limit $3`,
    values: [account, afterCid, limit, ...(states ? [states] : [])],
  })

/** The same page in all states, without the contents. */
export const bareClusterPins = (
  db: Database,
  { account, afterCid = '', limit }: Omit<Page, 'states'>,
): Promise<Pick<ClusterPin, 'pin'>[]> =>
  readBarePins(db, {
    text: `where account = $1 and api = 'cluster' and cid > $2 order by cid limit $3`,
    values: [account, afterCid, limit],
  })
