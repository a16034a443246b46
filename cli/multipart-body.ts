import { createReadStream } from 'node:fs'
import type { Entry } from './list-entries.ts'

const CHUNK_BYTES = 1024 ** 2

/**
 * The entries as a `multipart/form-data` body in the form that ipfs-cluster and Kubo read (boxo files/multifilereader.go):
 * paths as encoded file names, directories as parts of a type of their own. `onBytes` hears of file bytes as they go.
 */
export async function* multipartOf(
  entries: readonly Entry[],
  boundary: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (const { kind, name, file } of entries) {
    const type = kind === 'directory' ? 'application/x-directory' : 'application/octet-stream'
    yield Buffer.from(
      [
        `--${boundary}`,
        `Content-Disposition: form-data; name="file"; filename="${encodeURIComponent(name)}"`,
        `Content-Type: ${type}`,
        '',
        '',
      ].join('\r\n'),
    )
    if (kind === 'file') {
      for await (const chunk of createReadStream(file, {
        highWaterMark: CHUNK_BYTES,
      }) as AsyncIterable<Buffer>) {
        onBytes(chunk.length)
        yield chunk
      }
    }
    yield Buffer.from('\r\n')
  }
  yield Buffer.from(`--${boundary}--\r\n`)
}
