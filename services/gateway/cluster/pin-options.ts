import { multiaddr } from '@multiformats/multiaddr'
import { HttpError } from '#libs/http/index.ts'

/** The pin options that this API stores. */
export type PinOptions = { name: string; meta: Record<string, string>; origins: string[] }

const maxNameChars = 255
const maxMetaEntries = 1000

/**
 * Reads pin options from a query (ipfs-cluster api/types.go, `PinOptions.FromQuery`). An empty value means "not
 * given", because the Go client always sends all options; of a repeated one the first counts.
 * Throws `HttpError` 400 that names the option.
 */
export function readPinOptions(query: URLSearchParams, { maxOrigins }: { maxOrigins: number }): PinOptions {
  refuseNul(query)
  const name = query.get('name') ?? ''
  if (name.length > maxNameChars) throw new HttpError(400, `name is longer than ${maxNameChars} characters`)
  const origins = (query.get('origins') ?? '').split(',').filter(origin => origin !== '')
  if (origins.length > maxOrigins) throw new HttpError(400, `origins: more than ${maxOrigins} addresses`)
  for (const origin of origins) checkOrigin(origin)
  return { name, meta: readMeta(query), origins }
}

/** Postgres stores every text but this. */
function refuseNul(query: URLSearchParams): void {
  for (const [option, value] of query)
    if (`${option}${value}`.includes('\0'))
      throw new HttpError(400, `${option.replaceAll('\0', '')}: a text with a NUL character cannot be stored`)
}

function readMeta(query: URLSearchParams): Record<string, string> {
  const meta = new Map<string, string>()
  for (const [option, value] of query) {
    const key = option.startsWith('meta-') ? option.slice('meta-'.length) : ''
    if (key !== '' && !meta.has(key)) meta.set(key, value)
  }
  if (meta.size > maxMetaEntries) throw new HttpError(400, `meta-*: more than ${maxMetaEntries} entries`)
  return Object.fromEntries(meta)
}

function checkOrigin(origin: string): void {
  let hasPeerId: boolean
  try {
    // Through bytes and back: only that checks every part, the peer id too.
    hasPeerId = multiaddr(multiaddr(origin).bytes)
      .getComponents()
      .some(({ name }) => name === 'p2p')
  } catch (cause) {
    throw new HttpError(400, `error decoding multiaddress: ${origin}`, { cause })
  }
  if (!hasPeerId) throw new HttpError(400, `multiaddress does not contain peer ID: ${origin}`)
}
