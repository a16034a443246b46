import type { HttpServer } from '#libs/http/index.ts'

/**
 * Redirects a path that ends in a slash to the one without, with its query, by 307: that keeps method and body
 * (ipfs-cluster api/common/api.go, `strictSlashHandler`). Never to another host: what begins with two slashes would
 * be one.
 */
export function redirectTrailingSlash(server: HttpServer): void {
  server.addHook('onRequest', ({ url }, reply, done) => {
    const mark = url.indexOf('?')
    const end = mark < 0 ? url.length : mark
    // Counted from the end, not matched: a pattern would look at thousands of slashes again from each of them.
    let last = end
    while (last > 0 && url[last - 1] === '/') last--
    const path = url.slice(0, last).replace(/^[/\\]+/, '')
    if (last === end || path === '') done()
    else
      reply
        .code(307)
        .header('Location', `/${path}${url.slice(end)}`)
        .send()
  })
}
