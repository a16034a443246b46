import { HttpError, type HttpServer } from '#libs/http/index.ts'

/**
 * Aborted `graceMs` after the server began to close: what is nearly done by then gets done, and what is not ends in
 * order, with its parts and pins removed, before the process has to.
 */
export function stopTransfers(server: HttpServer, graceMs: number): AbortSignal {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  server.addHook('preClose', done => {
    timer = setTimeout(() => controller.abort(new HttpError(503, 'the server is stopping')), graceMs)
    done()
  })
  server.addHook('onClose', (_server, done) => {
    clearTimeout(timer)
    done()
  })
  return controller.signal
}
