import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { EXAMPLE_CID } from '../local/banner.ts'
import { pollUntil } from '../local/poll-until.ts'
import { type ReadyFile, readyFileIn } from '../local/ready-file.ts'
import { createTestFolder } from '../local/test-folder.ts'

const timeout = 180_000
const script = (name: string) => fileURLToPath(new URL(`../local/${name}.ts`, import.meta.url))

/** Of bytes that were never stored. */
const NOBODYS_CID = 'bafkreidgvpkjawlxz6sffxzwgooowe5yt7i6wsyg236mfoks77nywkptdq'

const PROOFS = [
  /✓ 303 files, 5\.0 MiB of random bytes/,
  /✓ root bafy\w+, \d+ blocks/,
  /✓ pinned in /,
  /✓ downloaded from S3: 5\.\d MiB, as in the receipt/,
  /✓ SHA-256 of the file gives the CID of the CAR/,
  /✓ each of \d+ blocks .* matches its hash/,
  /✓ its only root is the one asked for/,
  /✓ an empty IPFS node without network imported and pinned it/,
  /✓ that node counts the same DAG as the second one/,
  /✓ large-1\.bin, read from there, is byte for byte/,
  /✓ in the queue: us-east-1\/cars\/\w+\/\w+\.car/,
  /✓ what the demo started is stopped, its files are removed/,
]

type Run = AsyncDisposable & {
  child: ChildProcess
  lines: string[]
  exited: Promise<unknown[]>
  /** Resolves when a line was printed. */
  printed(pattern: RegExp): Promise<void>
}

/** Runs a script with `folder` for its temporary files. */
function run(name: 'demo' | 'start', folder: string, args: string[], settings: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(process.execPath, [script(name), ...args], {
    env: { ...process.env, NO_COLOR: '1', TMPDIR: folder, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', line => lines.push(line))
  const exited = once(child, 'close')
  return {
    child,
    lines,
    exited,
    async printed(pattern) {
      const probe = async () => assert.match(lines.join('\n'), pattern)
      await pollUntil(probe, { what: String(pattern), timeoutMs: 90_000 })
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const OTHERS = Array.from({ length: 12 }, (_, i) => `us-east-1/cars/other-${i + 10}/other.car`)

function sqsClient({ sqsEndpoint: endpoint, s3: { region, accessKeyId, secretAccessKey } }: ReadyFile) {
  return new SQSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
}

/** More than one call of a consumer can receive. */
async function sendOthersMessages(ready: ReadyFile): Promise<void> {
  for (const MessageBody of OTHERS)
    await sqsClient(ready).send(new SendMessageCommand({ QueueUrl: ready.indexerQueueUrl, MessageBody }))
}

/** Every message that a consumer could get within the next seconds, sorted. */
async function visibleMessages(ready: ReadyFile): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const receive = new ReceiveMessageCommand({
      QueueUrl: ready.indexerQueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 60,
      WaitTimeSeconds: 5,
    })
    const { Messages = [] } = await sqsClient(ready).send(receive)
    if (Messages.length === 0) return bodies.toSorted()
    bodies.push(...Messages.map(({ Body }) => Body ?? ''))
  }
}

function assertProofs(lines: readonly string[]): void {
  for (const proof of PROOFS) assert.match(lines.join('\n'), proof)
}

/** Neither files nor processes: servers and services name the folder of their data in arguments or environment. */
async function assertNothingIsLeft(folder: string): Promise<void> {
  assert.deepEqual(await readdir(folder), [])
  assert.deepEqual(await processesThatName(folder), [])
}

/** Of this machine where it has /proc; others know no process by its environment. */
async function processesThatName(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))
  const found = pids.map(async pid => {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
    const [command, environment] = await Promise.all([read('cmdline'), read('environ')])
    return `${command}${environment}`.includes(folder) ? [`${pid} ${command.replaceAll('\0', ' ')}`] : []
  })
  return (await Promise.all(found)).flat()
}

test('without a running Pickup it proves a sample on a stack of its own and leaves nothing', {
  timeout,
}, async () => {
  await using folder = await createTestFolder()
  await using demo = run('demo', folder.path, ['--mib', '5', '--data', join(folder.path, 'none')])
  assert.deepEqual(await demo.exited, [0, null], demo.lines.join('\n'))
  assertProofs(demo.lines)
  assert.match(demo.lines.join('\n'), /curl -u \S+ -X POST 'http:\/\/127\.0\.0\.1:\d+\/pins\/bafy/)
  await assertNothingIsLeft(folder.path)
})

test('the CID of the banner can be pinned without any network', { timeout }, async () => {
  await using folder = await createTestFolder()
  await using demo = run('demo', folder.path, [EXAMPLE_CID, '--isolated'])
  assert.deepEqual(await demo.exited, [0, null], demo.lines.join('\n'))
  assert.match(demo.lines.join('\n'), /✓ that node walks the whole DAG: 4 B/)
  await assertNothingIsLeft(folder.path)
})

test('a CID that nobody has ends with its reason, and nothing is left', { timeout }, async () => {
  await using folder = await createTestFolder()
  const settings = { LOCATE_TIMEOUT_MS: '500', FAILURE_LIMIT: '1' }
  await using demo = run('demo', folder.path, [NOBODYS_CID, '--isolated'], settings)
  assert.deepEqual(await demo.exited, [1, null], demo.lines.join('\n'))
  assert.match(
    demo.lines.at(-1) ?? '',
    /^✗ the pin failed: not-found: .*No reachable peer has the root block/,
  )
  await assertNothingIsLeft(folder.path)
})

test('Ctrl-C in the middle exits with 130 and leaves nothing', { timeout }, async () => {
  await using folder = await createTestFolder()
  await using demo = run('demo', folder.path, [NOBODYS_CID, '--isolated'])
  await demo.printed(/curl -u/)
  demo.child.kill('SIGINT')
  assert.deepEqual(await demo.exited, [130, null], demo.lines.join('\n'))
  await assertNothingIsLeft(folder.path)
})

test('Ctrl-C while the servers start exits with 130 and leaves nothing', { timeout }, async () => {
  await using folder = await createTestFolder()
  await using demo = run('demo', folder.path, [NOBODYS_CID, '--isolated'])
  await demo.printed(/starting it in/)
  demo.child.kill('SIGINT')
  assert.deepEqual(await demo.exited, [130, null], demo.lines.join('\n'))
  await assertNothingIsLeft(folder.path)
})

test('a running Pickup that refuses private origins is used and left running', { timeout }, async () => {
  await using servers = await createTestFolder()
  const data = join(servers.path, 'data')
  const settings = { ALLOW_PRIVATE_ORIGINS: 'false' }
  await using pickup = run('start', servers.path, ['--isolated', '--port=0', '--data', data], settings)
  await pickup.printed(/Pickup is ready/)
  const ready: ReadyFile = JSON.parse(await readFile(readyFileIn(data), 'utf8'))
  assert.equal(ready.acceptsPrivateOrigins, false)
  await sendOthersMessages(ready)

  await using folder = await createTestFolder()
  await using demo = run('demo', folder.path, ['--mib', '5', '--data', data])
  assert.deepEqual(await demo.exited, [0, null], demo.lines.join('\n'))
  assertProofs(demo.lines)
  assert.match(demo.lines.join('\n'), /✓ runs already: /)
  assert.match(demo.lines.join('\n'), /✓ connected to the IPFS node of Pickup/)
  await assertNothingIsLeft(folder.path)
  assert.equal((await fetch(`${ready.gatewayUrl}/health/ready`)).status, 200)
  assert.deepEqual(await visibleMessages(ready), OTHERS)

  pickup.child.kill('SIGINT')
  assert.deepEqual(await pickup.exited, [0, null])
  await assert.rejects(readFile(readyFileIn(data)), { code: 'ENOENT' })
})

for (const args of [['--mib', '0'], ['--bogus'], ['not-a-cid'], [NOBODYS_CID, NOBODYS_CID]])
  test(`${args.join(' ')} is refused with one line`, { timeout: 20_000 }, async () => {
    await using folder = await createTestFolder()
    await using demo = run('demo', folder.path, args)
    assert.deepEqual(await demo.exited, [1, null])
    assert.equal(demo.lines.length, 1)
    assert.match(demo.lines[0] ?? '', /^✗ /)
  })
