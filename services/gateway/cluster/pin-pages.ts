import type { AcceptedPin, ContentState } from '#libs/db/index.ts'

/** Pins of one page of a list: one query, and one write to the client. */
export const listPageRows = 500

type ReadPage = (page: {
  states: readonly ContentState[] | undefined
  afterCid: string | undefined
  limit: number
}) => Promise<AcceptedPin[]>

/**
 * All pins in some states, or in any, page by page and ordered by CID. Nothing is read ahead and nothing stays open
 * between pages, so whoever reads slowly costs nothing. A pin that comes or changes meanwhile may be missed.
 */
export async function* pinPages(
  readPage: ReadPage,
  states?: readonly ContentState[],
): AsyncGenerator<AcceptedPin[], void> {
  let afterCid: string | undefined
  do {
    const page: AcceptedPin[] = await readPage({ states, afterCid, limit: listPageRows })
    yield page
    afterCid = page.length < listPageRows ? undefined : page.at(-1)?.pin.cid
  } while (afterCid !== undefined)
}
