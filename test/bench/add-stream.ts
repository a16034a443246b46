import { Readable } from 'node:stream'
import type { RunningKubo } from '#deploy/local/kubo.ts'

/** Adds a file of any size without holding it. `options` are those of Kubo's `add`. Returns the CID. */
export async function addStream(
  node: Pick<RunningKubo, 'apiUrl'>,
  chunks: Iterable<Uint8Array>,
  options: string,
): Promise<string> {
  const { username, password, origin } = new URL(node.apiUrl)
  const boundary = 'part-of-the-bench'
  function* form() {
    yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n\r\n`)
    yield* chunks
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  const response = await fetch(`${origin}/api/v0/add?${options}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
    body: Readable.toWeb(Readable.from(form())) as ReadableStream,
    duplex: 'half',
  })
  if (!response.ok) throw new Error(`add answered ${response.status}: ${await response.text()}`)
  return JSON.parse(await response.text()).Hash
}
