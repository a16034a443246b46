import type { PinRequest } from '#libs/db/index.ts'
import { HttpError } from '#libs/http/index.ts'
import type { ImportOptions } from '#libs/ipfs/index.ts'
import { readChunker } from './chunker.ts'
import { isKnownHash } from './hash-names.ts'
import { readPinOptions } from './pin-options.ts'
import { wantedPin } from './pin-request.ts'

/** What a `POST /add` asks for. */
export type AddParams = {
  /** The name, metadata and other options that every root is pinned with; undefined when nothing is to be pinned. */
  pin: Pick<PinRequest, 'name' | 'meta' | 'origins' | 'options' | 'expiresAt'> | undefined
  format: 'unixfs' | 'car'
  /** Objects as they come, instead of one array at the end. */
  streams: boolean
  import: ImportOptions
}

/**
 * Reads the query of `POST /add` (ipfs-cluster api/add.go, `AddParamsFromQuery`). An empty value means "not given",
 * because the Go client always sends all parameters; `local`, `recursive` and `hidden` have no effect: there is one
 * peer, and the client has chosen what it sends. Throws `HttpError` 400 that names the parameter.
 */
export function readAddParams(query: URLSearchParams, { maxOrigins }: { maxOrigins: number }): AddParams {
  // ipfs-cluster ignores these two options of a pin here as well (adder/single/dag_service.go, `New`).
  const pin = wantedPin({ ...readPinOptions(query, { maxOrigins }), pinUpdate: null }, 'recursive')
  for (const ignored of ['local', 'recursive', 'hidden']) readBoolean(query, ignored)
  const format = readChoice(query, 'format', ['unixfs', 'car']) ?? 'unixfs'
  const params = {
    pin: readBoolean(query, 'no-pin') ? undefined : pin,
    format,
    streams: readBoolean(query, 'stream-channels') ?? true,
    import: readImport(query),
  }
  refuseUnsupported(query, params)
  return params
}

function readImport(query: URLSearchParams): ImportOptions {
  const cidVersion = readCidVersion(query)
  const hash = (query.get('hash') || 'sha2-256').toLowerCase()
  if (!isKnownHash(hash)) throw new HttpError(400, 'parameter hash invalid: hash function name not known')
  if (hash !== 'sha2-256' && cidVersion === 0)
    throw new HttpError(400, 'parameter cid-version invalid: CIDv0 only supports sha2-256')
  const version = cidVersion ?? (hash === 'sha2-256' ? 0 : 1)
  return {
    wrapWithDirectory: readBoolean(query, 'wrap-with-directory') ?? false,
    layout: readChoice(query, 'layout', ['balanced', 'trickle']) ?? 'balanced',
    chunker: readChunker(query.get('chunker') || 'size-262144'),
    rawLeaves: readBoolean(query, 'raw-leaves') ?? version > 0,
    cidVersion: version,
    hash,
    progress: readBoolean(query, 'progress') ?? false,
  }
}

function refuseUnsupported(
  query: URLSearchParams,
  { format, import: { wrapWithDirectory } }: AddParams,
): void {
  if (readBoolean(query, 'shard'))
    throw new HttpError(400, 'parameter shard invalid: a DAG is stored as one CAR here, whatever its size')
  if (readBoolean(query, 'nocopy'))
    throw new HttpError(400, 'parameter nocopy invalid: what is added is always stored')
  if (format === 'car' && wrapWithDirectory) throw new HttpError(400, 'cannot wrap a CAR file upload')
  if (format === 'car' && readBoolean(query, 'no-pin'))
    throw new HttpError(
      400,
      'parameter no-pin invalid: a CAR is complete here, so there is nothing to wait for',
    )
}

/** The words of Go's `strconv.ParseBool`. */
const booleans = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map(word => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map(word => [word, false] as const),
])

function readBoolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name) || undefined
  const value = text === undefined ? undefined : booleans.get(text)
  if (text !== undefined && value === undefined) throw new HttpError(400, `parameter ${name} invalid`)
  return value
}

function readCidVersion(query: URLSearchParams): 0 | 1 | undefined {
  const text = query.get('cid-version') || undefined
  if (text !== undefined && text !== '0' && text !== '1')
    throw new HttpError(400, 'parameter cid-version invalid')
  return text === undefined ? undefined : text === '0' ? 0 : 1
}

function readChoice<Choice extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = query.get(name) || undefined
  const choice = choices.find(one => one === text)
  if (text !== undefined && choice === undefined) throw new HttpError(400, `${name} parameter is invalid`)
  return choice
}
