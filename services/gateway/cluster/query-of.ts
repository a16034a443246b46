/** The query of a request target. Of a repeated parameter `get` gives the first, as Go's `url.Values` does. */
export function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : target.slice(start + 1))
}
