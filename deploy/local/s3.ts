import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { keepPorts } from './kept-ports.ts'
import { expectOk } from './loopback-http.ts'
import { keep, randomSecret } from './private-file.ts'
import { serverEnvironment } from './server-environment.ts'
import type { SupervisedChild } from './supervised-child.ts'
import type { Supervisor } from './supervisor.ts'

const REGION = 'us-east-1'

/** Path style only: no name but `127.0.0.1` leads here. */
export type S3Access = {
  endpoint: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  stagingBucket: string
  carBucket: string
}

export type RunningS3 = { child: SupervisedChild; s3: S3Access }

/** Starts versitygw, an S3 gateway over a folder, and makes the two buckets. */
export async function startS3(
  supervisor: Supervisor,
  { dataDir, binary }: { dataDir: string; binary: string },
): Promise<RunningS3> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const objects = join(dataDir, 'objects')
  // Metadata beside the objects and not in extended attributes: those of ext4 are too small for uploads of many parts.
  const metadata = join(dataDir, 'metadata')
  for (const folder of [objects, metadata]) await mkdir(folder, { recursive: true })
  const credentials = await keep(join(dataDir, 'secrets.json'), () => ({
    accessKeyId: randomSecret().slice(0, 20).toUpperCase(),
    secretAccessKey: randomSecret(),
  }))
  const { port } = await keepPorts(join(dataDir, 'ports.json'), ['port'])
  const endpoint = `http://127.0.0.1:${port}`
  const child = await supervisor.start({
    name: 's3',
    command: binary,
    args: [
      `--port=127.0.0.1:${port}`,
      `--region=${REGION}`,
      '--health=/health',
      '--keep-alive',
      '--quiet',
      'posix',
      `--sidecar=${metadata}`,
      objects,
    ],
    // Not as arguments: every user of the machine can read those.
    env: serverEnvironment({
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    }),
    probe: () => expectOk(`${endpoint}/health`),
  })
  const s3 = { endpoint, region: REGION, ...credentials, stagingBucket: 'staging', carBucket: 'cars' }
  await createBuckets(s3)
  return { child, s3 }
}

async function createBuckets({ endpoint, region, stagingBucket, carBucket, ...credentials }: S3Access) {
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  for (const Bucket of [stagingBucket, carBucket]) {
    try {
      await client.send(new CreateBucketCommand({ Bucket }))
    } catch (error) {
      const isOurs = error instanceof Error && error.name.startsWith('BucketAlready')
      if (!isOurs) throw error
    }
  }
  client.destroy()
}
