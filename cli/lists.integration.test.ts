import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { type Pipeline, startPipeline } from '../test/e2e/pipeline.ts'
import type { PinStatus } from './pin-status.ts'
import { createAccountToken, createAccountUser } from './testing/account-user.ts'
import { type CliUser, createCliUser } from './testing/cli-user.ts'

const timeout = 120_000

let pipeline: Pipeline
let user: CliUser
// Without workers: what is accepted stays queued.
before(
  async () => {
    pipeline = await startPipeline({ services: ['gateway'] })
    user = await createAccountUser(pipeline, 'cli')
  },
  { timeout },
)
after(async () => {
  await user[Symbol.asyncDispose]()
  await pipeline[Symbol.asyncDispose]()
})

const newCid = () => rawBlock(randomBytes(16).toString('hex')).cid.toString()

test('several pins of a CID are removed together only when that is said', { timeout }, async () => {
  const cid = newCid()
  await user.json(['add', cid, cid, cid])
  const refused = await user.run(['rm', cid])
  assert.equal(refused.exitCode, 2)
  assert.match(refused.stderr, /has 3 pins: name one by its request id .* or give --all/)
  assert.equal((await user.json(['rm', cid, '--all'])).length, 3)
  assert.deepEqual(await user.json(['ls', '--cid', cid]), [])
})

test('a list longer than a page has every pin once, and tells what it leaves out', {
  timeout,
}, async () => {
  await using other = await createAccountUser(pipeline, 'paging')
  const cids = Array.from({ length: 1_030 }, () => newCid())
  const added = await other.json<PinStatus>(['add', ...cids])
  const listed = await other.json<PinStatus>(['ls', '--limit', '1500'])
  const idsOf = (pins: PinStatus[]) => pins.map(({ requestid }) => requestid)
  assert.deepEqual(idsOf(listed).toSorted(), idsOf(added).toSorted())
  const few = await other.run(['ls', '--limit', '30'])
  assert.deepEqual(
    [few.stdout.trim().split('\n').length, few.stderr],
    [30, '1000 more: --limit shows them\n'],
  )
  assert.match((await other.run(['ls', '--status', 'pinned'])).stderr, /there are none/)
})

test('files need credentials of the other API, and say so before anything is sent', {
  timeout,
}, async () => {
  await writeFile(user.at('file'), 'text')
  const { exitCode, stderr } = await user.run(['add', user.at('file')])
  assert.equal(exitCode, 3)
  assert.match(stderr, /user and password of the ipfs-cluster API .* --cluster-auth or PICKUP_CLUSTER_AUTH/)
  const unknown = await user.run(['add', user.at('none')])
  assert.deepEqual([unknown.exitCode, /neither a CID nor a file/.test(unknown.stderr)], [2, true])
})

test('a server and a token are remembered once the server accepts them', { timeout }, async () => {
  await using stranger = await createCliUser()
  const nowhere = await stranger.run(['ls'])
  assert.equal(nowhere.exitCode, 3)
  assert.match(nowhere.stderr, /no server is known, and none runs here: .*pickup up.*--url/)
  const login = ['login', '--url', pipeline.gatewayUrl, '--token', '-']
  assert.equal((await stranger.run(login, { stdin: 'wrong\n' })).exitCode, 3)
  assert.equal((await stranger.run(['ls'])).exitCode, 3)
  const token = await createAccountToken(pipeline, 'stranger')
  assert.equal((await stranger.run(login, { stdin: `${token}\n` })).exitCode, 0)
  assert.equal((await stranger.run(['ls'])).exitCode, 0)
})

test('a wrong token, a server that is away and a refusal are told apart', { timeout }, async () => {
  const wrong = await user.run(['ls', '--token', 'wrong'])
  assert.equal(wrong.exitCode, 3)
  assert.match(wrong.stderr, /does not let you in: the token is unknown or revoked\. Give another token/)
  const away = await user.run(['ls', '--url', 'http://127.0.0.1:1', '--token', 'any', '--json'])
  assert.equal(away.exitCode, 3)
  assert.match(JSON.parse(away.stderr).error.message, /127\.0\.0\.1:1 does not answer .*ECONNREFUSED/)
  const refused = await user.run(['ls', '--before', 'yesterday'])
  assert.deepEqual([refused.exitCode, /refuses: before: /.test(refused.stderr)], [4, true])
})
