import assert from 'node:assert/strict'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Client } from 'pg'
import { pino } from 'pino'
import { type Stack, startStack } from './stack.ts'
import { createTestFolder } from './test-folder.ts'

const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' })
const QUICK_START_MS = 5_000

test('the stack', { timeout: 600_000 }, async t => {
  await using folder = await createTestFolder()
  const dataDir = join(folder.path, 'data')
  await using stack = await startStack({ dataDir, isolated: true, log })

  await t.test('every server works with the credentials given', { timeout: 30_000 }, async () => {
    await writeEverywhere(stack)
    await readEverywhere(stack)
  })

  await t.test('Kubo refuses RPC calls without the credentials', { timeout: 10_000 }, async () => {
    const { origin } = new URL(stack.kubo.apiUrl)
    const response = await fetch(`${origin}/api/v0/id`, { method: 'POST' })
    assert.equal(response.status, 403)
  })

  await t.test('no server listens beyond loopback', { skip: process.platform !== 'linux' }, async () => {
    for (const { name, pid } of stack.supervisor.children) {
      assert.ok(pid)
      const addresses = await listeningAddresses(pid)
      assert.ok(addresses.length > 0, `${name} listens somewhere`)
      assert.deepEqual(
        addresses.filter(address => !isLoopback(address)),
        [],
        `${name} on loopback only`,
      )
    }
  })

  await t.test('a killed server comes back on its port with its data', { timeout: 60_000 }, async () => {
    const { children } = stack.supervisor
    const pids = children.map(child => child.pid)
    const restarts = children.map(child => child.nextRestart())
    for (const pid of pids) process.kill(pid ?? Number.NaN, 'SIGKILL')
    const newPids = await Promise.all(restarts)
    assert.deepEqual(
      children.map(child => child.pid),
      newPids,
    )
    assert.ok(newPids.every(pid => !pids.includes(pid)))
    await readEverywhere(stack)
  })

  await t.test('a second start is quick and keeps ports and data', { timeout: 60_000 }, async () => {
    const before = addressesOf(stack)
    await stack[Symbol.asyncDispose]()
    const startedAtMs = performance.now()
    await using again = await startStack({ dataDir, isolated: true, log })
    const tookMs = performance.now() - startedAtMs
    assert.deepEqual(addressesOf(again), before)
    await readEverywhere(again)
    assert.ok(tookMs < QUICK_START_MS, `took ${tookMs} ms`)
  })
})

test('two stacks run side by side, and an abandoned start leaves no process', {
  timeout: 120_000,
}, async () => {
  await using folder = await createTestFolder()
  const start = (name: string, signal?: AbortSignal) =>
    startStack({ dataDir: join(folder.path, name), isolated: true, log, ...(signal && { signal }) })
  await using one = await start('one')
  await using two = await start('two')
  assert.notEqual(one.nats.natsUrl, two.nats.natsUrl)
  await assert.rejects(start('three', AbortSignal.abort()), { name: 'AbortError' })
})

function addressesOf({ postgres, nats, s3, kubo, sqs }: Stack) {
  const { apiUrl, gatewayUrl, multiaddrs } = kubo
  return [postgres.databaseUrl, nats.natsUrl, nats.users, s3.s3, apiUrl, gatewayUrl, multiaddrs, sqs.queueUrl]
}

async function writeEverywhere(stack: Stack): Promise<void> {
  await withPostgres(stack, async client => {
    await client.query('create table kept (text text)')
    await client.query("insert into kept values ('row')")
  })
  await withNats(stack, async connection => {
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] })
    await jetstream(connection).publish('kept', 'message')
  })
  await s3Client(stack).send(
    new PutObjectCommand({ Bucket: stack.s3.s3.carBucket, Key: 'a/b.car', Body: 'object' }),
  )
  const { Hash } = await kuboCall<{ Hash: string }>(stack, 'add?pin=true&cid-version=1', 'block')
  assert.equal(Hash, KEPT_CID)
  await sqsClient(stack).send(
    new SendMessageCommand({ QueueUrl: stack.sqs.queueUrl, MessageBody: 'announcement' }),
  )
}

/** CID of the text `block`, as one raw leaf. */
const KEPT_CID = 'bafkreicjnlfibzgy6kp3r2gnqfwdv62i2pyqhfylhixocyambdfgomtn5y'

async function readEverywhere(stack: Stack): Promise<void> {
  await withPostgres(stack, async client => {
    const { rows } = await client.query('select text from kept')
    assert.deepEqual(rows, [{ text: 'row' }])
  })
  await withNats(stack, async connection => {
    const manager = await jetstreamManager(connection)
    const message = await manager.streams.getMessage('KEPT', { last_by_subj: 'kept' })
    assert.equal(message?.string(), 'message')
  })
  const object = await s3Client(stack).send(
    new GetObjectCommand({ Bucket: stack.s3.s3.carBucket, Key: 'a/b.car' }),
  )
  assert.equal(await object.Body?.transformToString(), 'object')
  const block = await fetch(`${stack.kubo.gatewayUrl}/ipfs/${KEPT_CID}?format=raw`, {
    signal: AbortSignal.timeout(10_000),
  })
  assert.equal(await block.text(), 'block')
  const { Messages } = await sqsClient(stack).send(
    new ReceiveMessageCommand({ QueueUrl: stack.sqs.queueUrl, VisibilityTimeout: 0 }),
  )
  assert.equal(Messages?.[0]?.Body, 'announcement')
}

async function withPostgres(stack: Stack, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: stack.postgres.databaseUrl })
  await client.connect()
  try {
    await use(client)
  } finally {
    await client.end()
  }
}

type Connection = Awaited<ReturnType<typeof connect>>

async function withNats({ nats }: Stack, use: (connection: Connection) => Promise<void>): Promise<void> {
  const { user, password } = nats.users.admin
  const connection = await connect({ servers: nats.natsUrl, user, pass: password })
  try {
    await use(connection)
  } finally {
    await connection.close()
  }
}

function s3Client({ s3: { s3 } }: Stack): S3Client {
  const { accessKeyId, secretAccessKey } = s3
  const credentials = { accessKeyId, secretAccessKey }
  return new S3Client({ endpoint: s3.endpoint, region: s3.region, credentials, forcePathStyle: true })
}

function sqsClient({ sqs }: Stack): SQSClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  return new SQSClient({ endpoint: sqs.endpoint, region: 'us-east-1', credentials })
}

async function kuboCall<T>({ kubo }: Stack, path: string, file: string): Promise<T> {
  const { origin, username, password } = new URL(kubo.apiUrl)
  const body = new FormData()
  body.set('file', new Blob([file]))
  const response = await fetch(`${origin}/api/v0/${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
    body,
  })
  assert.equal(response.status, 200)
  return (await response.json()) as T
}

const LISTEN_STATE = '0A'

/** Addresses, as hexadecimal numbers, of the TCP and UDP sockets on which a process takes what comes (proc(5)). */
async function listeningAddresses(pid: number): Promise<string[]> {
  const sockets = new Set<string>()
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))?.[1]
    if (inode) sockets.add(inode)
  }
  const addresses: string[] = []
  for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const table = await readFile(`/proc/${pid}/net/${protocol}`, 'utf8')
    for (const row of table.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
      const takes = protocol.startsWith('udp') || state === LISTEN_STATE
      if (takes && sockets.has(inode)) addresses.push(local.split(':')[0] ?? '')
    }
  }
  return addresses
}

/** 127.0.0.0/8 or ::1, in the byte order of the kernel's tables on a little-endian machine. */
function isLoopback(address: string): boolean {
  return /^[0-9A-F]{6}7F$/.test(address) || address === '00000000000000000000000001000000'
}
