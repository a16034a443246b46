/** A page of a list as the Pinning Service API answers it, with what paging needs. */
export type PinPage = {
  count: number
  results: { requestid: string; created: string; pin: { cid: string } }[]
}

/** Asks for one page. */
export type ListPins = (query: URLSearchParams) => Promise<PinPage>

/**
 * All pages, by the rule of boxo (pinning/remote/client/client.go, `Ls`), which Kubo and what is built on it use: the
 * list ends with the page whose `count` is its own length, and else goes on before its last pin. Throws as boxo does
 * when a page is empty and `count` is not.
 */
export async function* listAsBoxo(list: ListPins, filters: Record<string, string>): AsyncGenerator<PinPage> {
  const query = new URLSearchParams(filters)
  for (;;) {
    const page = await list(query)
    yield page
    if (page.count === page.results.length) return
    const oldest = page.results.at(-1)
    if (!oldest) throw new Error('invalid pinning service response')
    query.set('before', formatAsGo(oldest.created))
  }
}

/** Go's `time.RFC3339Nano`: without the zeros at the end of a fraction. */
const formatAsGo = (time: string) =>
  time.replace(/\.(\d*?)0*Z$/, (_, digits) => (digits ? `.${digits}Z` : 'Z'))
