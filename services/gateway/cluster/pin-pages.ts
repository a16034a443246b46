import { setImmediate } from 'node:timers/promises'
import type { ClusterPin, ContentState } from '#libs/db/index.ts'

/** Pins of one page of a list: one query, and one write to the client. */
export const listPageRows = 500

/** The first page is smaller: the list begins sooner. */
export const firstPageRows = 50

type ReadPage<Row> = (page: {
  states: readonly ContentState[] | undefined
  afterCid: string | undefined
  limit: number
}) => Promise<Row[]>

/**
 * All pins in some states, or in any, page by page and ordered by CID. One page is read ahead while the one before is
 * written, and nothing stays open between pages, so whoever reads slowly costs little. A pin that comes or changes
 * meanwhile may be missed.
 */
export async function* pinPages<Row extends Pick<ClusterPin, 'pin'>>(
  readPage: ReadPage<Row>,
  states?: readonly ContentState[],
): AsyncGenerator<Row[], void> {
  const read = (limit: number, afterCid?: string) => {
    const page = readPage({ states, afterCid, limit })
    // The error is thrown to whoever comes for the page; a reader who left does not need it.
    page.catch(() => {})
    return page
  }
  let limit = firstPageRows
  let reading: Promise<Row[]> | undefined = read(limit)
  while (reading) {
    const page: Row[] = await reading
    const isLast = page.length < limit
    limit = listPageRows
    reading = isLast ? undefined : read(limit, page.at(-1)?.pin.cid)
    // The query leaves before the page keeps this process busy, so that Postgres works meanwhile.
    if (reading) await setImmediate()
    yield page
  }
}
