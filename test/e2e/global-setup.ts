import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Stack, startStack } from '#deploy/local/stack.ts'
import { createLogger } from '#libs/telemetry/index.ts'

let stack: Stack | undefined
let folder: string | undefined

/** What test files need of the servers that all of them share. Given to them in `PICKUP_TEST_SERVERS`, as JSON. */
export type TestServers = Pick<Stack, 'binaries'> & {
  databaseUrl: string
  nats: Pick<Stack['nats'], 'natsUrl' | 'users'>
  s3: Stack['s3']['s3']
  sqs: { endpoint: string; queueUrl: string }
  /** Process of the S3 gateway, for who measures what it needs. */
  s3Pid?: number | undefined
}

/** Starts one set of servers for the whole run. Test files keep apart by subject prefix, database and bucket. */
export async function globalSetup(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'pickup-test-'))
  await chmod(folder, 0o711)
  const log = createLogger('test-servers', process.env['TEST_LOG_LEVEL'] ?? 'warn')
  stack = await startStack({ dataDir: join(folder, 'data'), isolated: true, anyPrefix: true, log })
  const { binaries, postgres, nats, s3, sqs } = stack
  const servers: TestServers = {
    binaries,
    databaseUrl: postgres.databaseUrl,
    nats: { natsUrl: nats.natsUrl, users: nats.users },
    s3: s3.s3,
    sqs: { endpoint: sqs.endpoint, queueUrl: sqs.queueUrl },
    s3Pid: s3.child.pid,
  }
  process.env['PICKUP_TEST_SERVERS'] = JSON.stringify(servers)
  // As the services do it by themselves: every test file and every command starts with half the work.
  process.env['NODE_COMPILE_CACHE'] ??= join(homedir(), '.cache', 'pickup', 'compile')
  // Tests that start servers of their own find them where this run has found or built them.
  const { kubo, nats: natsServer, versitygw } = binaries
  Object.assign(process.env, { KUBO_BIN: kubo, NATS_SERVER_BIN: natsServer, VERSITYGW_BIN: versitygw })
}

export async function globalTeardown(): Promise<void> {
  await stack?.[Symbol.asyncDispose]()
  if (folder) await rm(folder, { recursive: true })
}
