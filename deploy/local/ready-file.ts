import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import type { NatsCredentials } from './nats.ts'
import type { NatsUser } from './nats-permissions.ts'
import { writePrivateFile } from './private-file.ts'
import type { S3Access } from './s3.ts'
import type { RunningServices } from './services.ts'
import type { Stack } from './stack.ts'

/** The ready file that every run keeps, so that other programs find it by its data folder. */
export const readyFileIn = (dataDir: string): string => join(dataDir, 'ready.json')

/** Content of the ready file: all that a program needs to use a running Pickup. */
export type ReadyFile = {
  /** Missing with `--servers-only`. */
  gatewayUrl?: string
  /** `user:password`. Missing with `--servers-only`. */
  clusterBasicAuth?: string
  /** Missing with `--servers-only`. */
  acceptsPrivateOrigins?: boolean
  /** The Pinning Service API. Missing with `--servers-only`. */
  psa?: { endpoint: string; token: string }
  kuboApiUrl: string
  kuboGatewayUrl: string
  kuboMultiaddrs: string[]
  nats: { natsUrl: string; users: Record<NatsUser, NatsCredentials> }
  databaseUrl: string
  s3: S3Access
  sqsEndpoint: string
  indexerQueueUrl: string
  /** What runs now. The file is written again when a process was replaced. */
  processes: { name: string; pid: number }[]
}

/** Writes the file, readable by its owner only, keeps its list of processes true, and removes it when disposed. */
export async function keepReadyFile(
  file: string,
  stack: Stack,
  services: RunningServices | undefined,
  log: Logger,
): Promise<AsyncDisposable> {
  let closed = false
  let writing = Promise.resolve()
  const write = async () => {
    if (!closed)
      await writePrivateFile(file, `${JSON.stringify(describeStack(stack, services), undefined, 2)}\n`)
  }
  stack.supervisor.onChange(() => {
    writing = writing
      .then(write)
      .catch((error: unknown) => log.error({ err: error, file }, 'the ready file cannot be written'))
  })
  await write()
  return {
    async [Symbol.asyncDispose]() {
      closed = true
      await writing
      await rm(file, { force: true })
    },
  }
}

/** All that a program needs to use this stack. */
export function describeStack(stack: Stack, services: RunningServices | undefined): ReadyFile {
  const { postgres, nats, s3, kubo, sqs, supervisor } = stack
  return {
    ...services,
    kuboApiUrl: kubo.apiUrl,
    kuboGatewayUrl: kubo.gatewayUrl,
    kuboMultiaddrs: kubo.multiaddrs,
    nats: { natsUrl: nats.natsUrl, users: nats.users },
    databaseUrl: postgres.databaseUrl,
    s3: s3.s3,
    sqsEndpoint: sqs.endpoint,
    indexerQueueUrl: sqs.queueUrl,
    processes: supervisor.children.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }])),
  }
}
