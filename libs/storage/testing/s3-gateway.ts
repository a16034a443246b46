import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3'
import { createS3Calls } from '../s3-calls.ts'
import { createS3Client } from '../s3-client.ts'

export const credentials = { accessKeyId: 'test', secretAccessKey: 'testsecret' }
export const region = 'us-east-1'

/** A versitygw of its own with an empty data folder and the bucket `cars`. Disposing ends it and removes the data. */
export type S3Gateway = AsyncDisposable & {
  readonly endpoint: string
  readonly bucket: string
  /** For what the storage library does not do itself. */
  readonly client: S3Client
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** After {@link S3Gateway.kill}: the same data on the same port. */
  restart(): Promise<void>
}

const bucket = 'cars'

/** Starts the binary named by `VERSITYGW_BIN`, or `versitygw` on PATH. */
export async function startS3Gateway(): Promise<S3Gateway> {
  const folder = await mkdtemp(join(tmpdir(), 'pickup-s3-'))
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const client = createS3Client({ endpoint, region, credentials, forcePathStyle: true })
  let child = await launch(folder, port)
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await createBucket(client)
  return {
    endpoint,
    bucket,
    client,
    kill,
    restart: async () => {
      child = await launch(folder, port)
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function launch(folder: string, port: number): Promise<ChildProcess> {
  const data = join(folder, 'data')
  const sidecar = join(folder, 'sidecar')
  await Promise.all([mkdir(data, { recursive: true }), mkdir(sidecar, { recursive: true })])
  const server = ['--port', `127.0.0.1:${port}`, '--access', credentials.accessKeyId]
  const more = ['--secret', credentials.secretAccessKey, '--region', region, '--keep-alive', '--quiet']
  const child = spawn(
    process.env['VERSITYGW_BIN'] ?? 'versitygw',
    [...server, ...more, 'posix', '--sidecar', sidecar, data],
    { stdio: 'ignore' },
  )
  await once(child, 'spawn')
  return child
}

/** Waits for the gateway as well: the call is repeated until it answers. */
async function createBucket(client: S3Client): Promise<void> {
  const times = { requestTimeoutMs: 5_000, serverWorkTimeoutMs: 5_000, readIdleTimeoutMs: 5_000 }
  const s3 = createS3Calls(client, { ...times, retryForMs: 10_000, abortGraceMs: 0 }, undefined)
  await s3.call('CreateBucket', bucket, (s3Client, http) =>
    s3Client.send(new CreateBucketCommand({ Bucket: bucket }), http),
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return address.port
}
