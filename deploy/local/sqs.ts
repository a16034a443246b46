import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepPorts } from './kept-ports.ts'
import { expectOk } from './loopback-http.ts'
import { serverEnvironment } from './server-environment.ts'
import type { SupervisedChild } from './supervised-child.ts'
import type { Supervisor } from './supervisor.ts'

const QUEUE = 'indexer'
/** The account number that every emulator of AWS uses. */
const ACCOUNT = '000000000000'

export type RunningSqs = {
  child: SupervisedChild
  endpoint: string
  queueUrl: string
}

/** Starts an emulator of SQS with the queue of the indexer. It takes any credentials and keeps its messages in `dataDir`. */
export async function startSqs(
  supervisor: Supervisor,
  { dataDir }: { dataDir: string },
): Promise<RunningSqs> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const messages = join(dataDir, 'messages')
  await mkdir(messages, { recursive: true })
  const { port } = await keepPorts(join(dataDir, 'ports.json'), ['port'])
  const endpoint = `http://127.0.0.1:${port}`
  const script = fileURLToPath(new URL('sqs-server.ts', import.meta.url))
  const child = await supervisor.start({
    name: 'sqs',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', script, String(port), messages, QUEUE],
    env: serverEnvironment(),
    probe: () => expectOk(endpoint, getQueueUrl()),
  })
  return { child, endpoint, queueUrl: `${endpoint}/${ACCOUNT}/${QUEUE}` }
}

/** The server listens a moment before it has the queue: so the queue is asked for. */
function getQueueUrl(): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.GetQueueUrl' },
    body: JSON.stringify({ QueueName: QUEUE }),
  }
}
