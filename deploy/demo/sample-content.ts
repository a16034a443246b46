import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { DemoError } from './demo-error.ts'
import { callKubo } from './kubo-rpc.ts'

const MIB = 1024 * 1024
const CHUNK_BYTES = MIB
const LARGE_FILES = 3
const SMALL_FILES = 300
const FOLDER = 'sample'

export type PlannedFile = { path: string; sizeBytes: number }

/** What was added. `fingerprint` is the SHA-256, in hex, of the file at `fingerprintPath` below the root. */
export type Sample = {
  cid: string
  files: number
  sizeBytes: number
  fingerprintPath: string
  fingerprint: string
}

/** Three large files with nine tenths of the bytes, and 300 small ones in a folder. The sizes add up exactly. */
export function planSample(sizeBytes: number): PlannedFile[] {
  const large = Math.floor((sizeBytes * 0.9) / LARGE_FILES)
  const small = Math.floor((sizeBytes - LARGE_FILES * large) / SMALL_FILES)
  const rest = sizeBytes - LARGE_FILES * large - SMALL_FILES * small
  return [
    ...Array.from({ length: LARGE_FILES }, (_, i) => ({
      path: `large-${i + 1}.bin`,
      sizeBytes: i === 0 ? large + rest : large,
    })),
    ...Array.from({ length: SMALL_FILES }, (_, i) => ({
      path: `small/${String(i + 1).padStart(3, '0')}.bin`,
      sizeBytes: small,
    })),
  ]
}

type AddOptions = { mib: number; onProgress: (addedBytes: number) => void; signal: AbortSignal }

/** Adds a folder of random bytes, which no earlier run had, as it is made: it is never in memory as a whole. */
export async function addSample(apiUrl: string, { mib, onProgress, signal }: AddOptions): Promise<Sample> {
  const plan = planSample(mib * MIB)
  const boundary = randomUUID()
  const hash = createHash('sha256')
  const [fingerprinted = { path: '' }] = plan
  const added = await callKubo<{ Name: string; Hash?: string }>(apiUrl, 'add', {
    signal,
    parameters: [
      ['cid-version', '1'],
      ['pin', 'false'],
      ['progress', 'false'],
    ],
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: multipartOf(plan, boundary, (path, bytes, sentBytes) => {
      if (path === fingerprinted.path) hash.update(bytes)
      onProgress(sentBytes)
    }),
  })
  const cid = added.find(({ Name }) => Name === FOLDER)?.Hash
  if (!cid) throw new DemoError('the IPFS node did not add the sample')
  return {
    cid,
    files: plan.length,
    sizeBytes: mib * MIB,
    fingerprintPath: fingerprinted.path,
    fingerprint: hash.digest('hex'),
  }
}

/** Folders are parts of their own, and names are escaped: boxo files/multipartfile.go. */
async function* multipartOf(
  plan: readonly PlannedFile[],
  boundary: string,
  onChunk: (path: string, bytes: Uint8Array, sentBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const head = (path: string, type: string) =>
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${encodeURIComponent(path)}"\r\n` +
        `Content-Type: application/${type}\r\n\r\n`,
    )
  const end = Buffer.from('\r\n')
  let sentBytes = 0
  for (const folder of [FOLDER, `${FOLDER}/small`]) yield Buffer.concat([head(folder, 'x-directory'), end])
  for (const { path, sizeBytes } of plan) {
    yield head(`${FOLDER}/${path}`, 'octet-stream')
    for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
      const bytes = randomBytes(Math.min(left, CHUNK_BYTES))
      sentBytes += bytes.length
      onChunk(path, bytes, sentBytes)
      yield bytes
    }
    yield end
  }
  yield Buffer.from(`--${boundary}--\r\n`)
}
