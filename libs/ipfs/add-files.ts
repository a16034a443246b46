import { beginCall } from './kubo-call.ts'
import type { CommandBody, KuboHttp } from './kubo-http.ts'
import { type JsonLine, readJsonLines } from './read-json-lines.ts'

/** How files become UnixFS DAGs, in the terms of `ipfs add`. */
export type ImportOptions = {
  wrapWithDirectory: boolean
  layout: 'balanced' | 'trickle'
  chunker: string
  rawLeaves: boolean
  cidVersion: 0 | 1
  hash: string
  /** Asks for entries that tell how much of a file was read. */
  progress: boolean
  /** Each root is pinned under this name as soon as it is complete. Without it a garbage collection may take it. */
  pinName?: string
}

/** A file or directory that is complete, or the state of one that is being read. */
export type AddedEntry =
  | { kind: 'added'; name: string; cid: string; sizeBytes: number; isRoot: boolean }
  | { kind: 'progress'; name: string; bytes: number }

/**
 * Adds by `add`, which takes a body as ipfs-cluster's clients send it: both read it by boxo files/multipartfile.go.
 * Every option is given, so that none depends on the settings of the node. The root is not announced: nobody has to
 * find it there. Throws `TransientError('internal')` with Kubo's words when it says that the command failed.
 */
export async function* addFiles(
  http: KuboHttp,
  body: CommandBody,
  { signal, ...options }: ImportOptions & { signal: AbortSignal },
): AsyncGenerator<AddedEntry> {
  const call = beginCall('add files', { signal }, { expired: 'timed-out', failed: 'internal' })
  try {
    const response = await http.runCommand('add', parametersOf(options), call.signal, body)
    for await (const line of readJsonLines(response)) yield readEntry(line, options)
  } catch (error) {
    throw call.translate(error)
  }
}

const parametersOf = ({ pinName, ...options }: ImportOptions) => ({
  'wrap-with-directory': String(options.wrapWithDirectory),
  trickle: String(options.layout === 'trickle'),
  chunker: options.chunker,
  'raw-leaves': String(options.rawLeaves),
  'cid-version': String(options.cidVersion),
  hash: options.hash,
  progress: String(options.progress),
  pin: String(pinName !== undefined),
  'pin-name': pinName ?? '',
  'fast-provide-root': 'false',
})

/** `{ Name, Hash, Size }` or `{ Name, Bytes }` (kubo core/commands/add.go, `AddEvent`); Go leaves out what is zero. */
function readEntry(
  { Name, Hash, Size, Bytes }: JsonLine,
  { wrapWithDirectory }: Pick<ImportOptions, 'wrapWithDirectory'>,
): AddedEntry {
  const name = typeof Name === 'string' ? Name : ''
  if (typeof Hash !== 'string') return { kind: 'progress', name, bytes: Number(Bytes ?? 0) }
  // The directory around everything has no name; else each thing at the top is a root.
  const isRoot = wrapWithDirectory ? name === '' : !name.includes('/')
  return { kind: 'added', name, cid: Hash, sizeBytes: Number(Size ?? 0), isRoot }
}
