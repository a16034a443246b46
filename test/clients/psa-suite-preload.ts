import http from 'node:http'
import https from 'node:https'
import util from 'node:util'

/*
 * Loaded before the compliance suite, which stays as it was published. It needs three things of this process:
 * the specification, which it downloads in each run; functions of `node:util` that Node 23 removed; and, to see pins
 * reach `pinned`, that somebody has the contents that it makes up.
 */

const { SPECIFICATION_URL: specificationUrl = '', PUBLISH_URL: publishUrl } = process.env

type Target = string | URL | https.RequestOptions

// Without the specification the suite leaves four checks out and still calls its run a success.
const getFromAnywhere = https.get
https.get = ((request: Target, ...more: never[]) =>
  isSpecification(request)
    ? http.get(specificationUrl)
    : getFromAnywhere(request as string, ...more)) as typeof https.get

function isSpecification(request: Target): boolean {
  if (typeof request === 'string' || request instanceof URL) return false
  const { hostname, path } = request
  return hostname === 'raw.githubusercontent.com' && path?.endsWith('/ipfs-pinning-service.yaml') === true
}

Object.assign(util, {
  isFunction: (value: unknown) => typeof value === 'function',
  isNumber: (value: unknown) => typeof value === 'number',
  isObject: (value: unknown) => typeof value === 'object' && value !== null,
  isUndefined: (value: unknown) => value === undefined,
})

// Its contents are the text of the clock: whoever asks for that text is about to pin it.
if (publishUrl !== undefined) {
  const readClock = process.hrtime
  const publishing = (...since: Parameters<typeof readClock>) => {
    const time = readClock(...since)
    return Object.assign(time, { toString: () => publish(time.join(',')) })
  }
  process.hrtime = Object.assign(publishing, { bigint: () => readClock.bigint() })
}

/** The suite pins the block a moment later. What goes wrong here is printed, and found in the suite's output. */
function publish(text: string): string {
  const complain = (problem: unknown) => process.stderr.write(`not published: ${String(problem)}\n`)
  const request = http.request(publishUrl ?? '', { method: 'POST' }, answer => {
    if (answer.statusCode !== 200) complain(answer.statusCode)
    answer.resume()
  })
  request.on('error', complain)
  request.end(text)
  return text
}
