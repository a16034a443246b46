import { randomBytes } from 'node:crypto'
import { basename, resolve } from 'node:path'
import { CliError } from './cli-error.ts'
import { sendRequest } from './http-request.ts'
import { listEntries } from './list-entries.ts'
import { multipartOf } from './multipart-body.ts'
import type { Output } from './output.ts'
import { createByteProgress } from './progress.ts'
import type { KnownServer } from './server.ts'

type Upload = { server: KnownServer; name: string | undefined; hidden: boolean }
type Deps = { output: Output; signal: AbortSignal }

/**
 * Sends a file, a directory or a CAR to `POST /add` of the ipfs-cluster API, and resolves with the CID of its root,
 * whose bytes are in the store by then. Throws {@link CliError}, also when there are no credentials for that API.
 */
export async function uploadPath(path: string, upload: Upload, { output, signal }: Deps): Promise<string> {
  const { server, name, hidden } = upload
  const { url, clusterAuth } = server
  if (!clusterAuth)
    throw new CliError(
      'unauthorized',
      `to add ${path}, the user and password of the ipfs-cluster API of ${url} are needed: give them with --cluster-auth or PICKUP_CLUSTER_AUTH`,
    )
  const top = basename(resolve(path))
  const isCar = path.endsWith('.car')
  const entries = await listEntries(path, top, { hidden })
  const describe = createByteProgress(
    'sending',
    entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    output,
  )
  const boundary = `pickup-${randomBytes(12).toString('hex')}`
  let sent = 0
  async function* watched() {
    yield* multipartOf(entries, boundary, bytes => {
      sent += bytes
      output.progress(describe(sent))
    })
    output.progress('storing       All is sent; the server brings it into its store.')
  }
  const query = new URLSearchParams({
    'stream-channels': 'false',
    'cid-version': '1',
    format: isCar ? 'car' : 'unixfs',
    name: name ?? top,
  })
  const answer = await sendRequest(`${url}/add?${query.toString()}`, {
    method: 'POST',
    authorization: `Basic ${Buffer.from(clusterAuth).toString('base64')}`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: watched(),
    signal,
    // The answer comes when all is stored.
    timeoutMs: 0,
  })
  const added = (await answer.body.json()) as { cid: string }[]
  output.endProgress()
  const root = added.at(-1)?.cid
  if (!root) throw new CliError('failed', `${url} added nothing of ${path}`)
  return root
}
