import type { AcceptedPin, ContentState } from '#libs/db/index.ts'

/** Pins of one page of a list: one query, and one write to the client. */
export const listPageRows = 500

/** The first page is smaller: the list begins sooner. */
export const firstPageRows = 50

type ReadPage = (page: {
  states: readonly ContentState[] | undefined
  afterCid: string | undefined
  limit: number
}) => Promise<AcceptedPin[]>

/**
 * All pins in some states, or in any, page by page and ordered by CID. One page is read ahead while the one before is
 * written, and nothing stays open between pages, so whoever reads slowly costs little. A pin that comes or changes
 * meanwhile may be missed.
 */
export async function* pinPages(
  readPage: ReadPage,
  states?: readonly ContentState[],
): AsyncGenerator<AcceptedPin[], void> {
  const read = (limit: number, afterCid?: string) => {
    const page = readPage({ states, afterCid, limit })
    // The error is thrown to whoever comes for the page; a reader who left does not need it.
    page.catch(() => {})
    return page
  }
  let limit = firstPageRows
  let reading: Promise<AcceptedPin[]> | undefined = read(limit)
  while (reading) {
    const page: AcceptedPin[] = await reading
    const isLast = page.length < limit
    limit = listPageRows
    reading = isLast ? undefined : read(limit, page.at(-1)?.pin.cid)
    yield page
  }
}
