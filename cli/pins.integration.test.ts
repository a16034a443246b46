import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { addBytes, exportCar, importCar, rpc } from '../test/e2e/content.ts'
import { type Pipeline, startPipeline } from '../test/e2e/pipeline.ts'
import type { PinStatus } from './pin-status.ts'
import type { Receipt } from './receipt.ts'
import { createAccountUser } from './testing/account-user.ts'
import type { CliUser } from './testing/cli-user.ts'

const timeout = 120_000

let pipeline: Pipeline
let provider: RunningKubo
let user: CliUser
before(
  async () => {
    pipeline = await startPipeline()
    provider = await pipeline.startNode('provider')
    user = await createAccountUser(pipeline, 'cli')
  },
  { timeout },
)
after(async () => {
  await user[Symbol.asyncDispose]()
  await pipeline[Symbol.asyncDispose]()
})

const newContent = (bytes = 100_000) => addBytes(provider, randomBytes(bytes), 'cid-version=1&pin=false')
const origins = () => provider.multiaddrs.flatMap(address => ['--origin', address])
const nobodysCid = () => rawBlock(randomBytes(16).toString('hex')).cid.toString()

suite('with a running Pickup', { concurrency: 4 }, () => {
  test('a CID is pinned, watched, shown, downloaded and removed', { timeout }, async () => {
    const cid = await newContent(3_000_000)
    const added = await user.run(['add', cid, '--wait', '--name', 'mine', '--meta', 'a=b=c', ...origins()])
    assert.equal(added.exitCode, 0, added.stderr)
    assert.match(added.stdout, /status +pinned\n +Stored and proven/)
    assert.match(added.stderr, /^ {2}(queued|locating|pinning|transferring|validating) /)
    for (const drawn of ['\u001B', '\r', '█'])
      assert.ok(!added.stderr.includes(drawn), 'nothing is drawn in a pipe')

    const [listed] = await user.json<PinStatus>(['ls', '--name', 'mine'])
    assert.deepEqual([listed?.status, listed?.pin.cid, listed?.pin.meta], ['pinned', cid, { a: 'b=c' }])
    const requestid = listed?.requestid ?? ''
    assert.match(
      (await user.run(['ls', '--name', 'mine'])).stdout,
      new RegExp(`^${requestid}  pinned .* MiB .*  ${cid}  mine\n$`),
    )
    assert.deepEqual(await user.json<PinStatus>(['status', `ipfs://${cid}`]), [listed])

    const [receipt] = await user.json<Receipt>(['receipt', requestid])
    const file = user.at('mine.car')
    const [got] = await user.json<Receipt & { file: string }>(['get', cid, '-o', file])
    assert.deepEqual(
      [got?.root, got?.carCid, got?.bytes, got?.blocks, got?.dagBytes, got?.rawBytes],
      [cid, receipt?.carCid, receipt?.bytes, receipt?.blocks, receipt?.dagBytes, receipt?.rawBytes],
    )
    assert.deepEqual(
      await importCar(await pipeline.startNode('reader', { offline: true }), await readFile(file)),
      [cid],
    )

    assert.equal((await user.run(['rm', cid])).exitCode, 0)
    const gone = await user.run(['status', requestid])
    assert.equal(gone.exitCode, 4)
    assert.match(gone.stderr, /the account has no pin with this requestid/)
  })

  test('a program that waits gets each change, and the end as the last', { timeout }, async () => {
    const cid = await newContent()
    const changes = await user.json<PinStatus>(['add', cid, '--wait', ...origins()])
    assert.equal(new Set(changes.map(({ requestid }) => requestid)).size, 1)
    assert.deepEqual([changes[0]?.status !== 'pinned', changes.at(-1)?.status], [true, 'pinned'])
  })

  test('a pin that fails says why and what to do, and exits with 1', { timeout }, async () => {
    const cid = nobodysCid()
    const added = await user.run(['add', cid, '--wait'])
    assert.equal(added.exitCode, 1)
    assert.match(
      added.stdout,
      /status +failed\n +No reachable peer has the root block\. Keep the data online/,
    )
    assert.match(added.stdout, /^failure +not-found$/m)
    assert.equal((await user.run(['status', cid])).exitCode, 1)
    const got = await user.run(['get', cid])
    assert.deepEqual([got.exitCode, /the pin is failed: No reachable peer/.test(got.stderr)], [1, true])
  })

  test('a pin is followed from where it is, in the end over again', { timeout }, async () => {
    const cid = await newContent()
    const [pin] = await user.json<PinStatus>(['add', cid, ...origins()])
    const watched = await user.run(['status', pin?.requestid ?? '', '--watch'], { isTerminal: true })
    assert.equal(watched.exitCode, 0, watched.stderr)
    assert.match(watched.stdout, /status +pinned/)
    const again = await user.json<PinStatus>(['status', cid, '--watch'])
    assert.deepEqual(
      again.map(({ status }) => status),
      ['pinned'],
    )
  })

  test('a pin that is removed while it is watched ends the watch with 1', { timeout }, async () => {
    const [pin] = await user.json<PinStatus>(['add', nobodysCid()])
    const requestid = pin?.requestid ?? ''
    const heard = Promise.withResolvers<void>()
    const watched = user.run(['status', requestid, '--watch'], { onStderr: () => heard.resolve() })
    await heard.promise
    await user.run(['rm', requestid])
    const { exitCode, stderr } = await watched
    assert.equal(exitCode, 1)
    assert.match(stderr, new RegExp(`the pin ${requestid} was removed`))
  })

  test('a directory and a CAR of this machine are added, files with a dot left out', {
    timeout,
  }, async () => {
    await using own = await createAccountUser(pipeline, 'files', { PICKUP_CLUSTER_AUTH: 'user:secret' })
    await mkdir(own.at('photos/2026'), { recursive: true })
    await writeFile(own.at('photos/2026/ü b.jpg'), randomBytes(2_000_000))
    await writeFile(own.at('photos/.secret'), 'not for everybody')
    const added = await own.json<PinStatus>(['add', own.at('photos'), '--wait', '--meta', 'year=2026'])
    const pin = added.at(-1)?.pin ?? assert.fail('no pin')
    assert.deepEqual([added.at(-1)?.status, pin.meta], ['pinned', { year: '2026' }])
    await own.json(['get', pin.cid, '-o', own.at('photos.car')])
    const reader = await pipeline.startNode('directory-reader', { offline: true })
    await importCar(reader, await readFile(own.at('photos.car')))
    const names = JSON.parse(await rpc(reader, `ls?arg=${pin.cid}/2026`)).Objects[0].Links
    assert.deepEqual(
      names.map(({ Name }: { Name: string }) => Name),
      ['ü b.jpg'],
    )
    assert.equal(JSON.parse(await rpc(reader, `ls?arg=${pin.cid}`)).Objects[0].Links.length, 1)

    const cid = await newContent()
    const car = await exportCar(provider, cid)
    await writeFile(own.at('whole.car'), car)
    await writeFile(own.at('cut.car'), car.subarray(0, -1))
    const stored = await own.run(['add', own.at('whole.car'), '--wait'])
    assert.equal(stored.exitCode, 0, stored.stderr)
    assert.match(stored.stdout, new RegExp(`^CID +${cid}$`, 'm'))
    const refused = await own.run(['add', own.at('cut.car')])
    assert.equal(refused.exitCode, 4)
    assert.match(refused.stderr, /bad-car: .*make the CAR again/)
    assert.equal((await own.json(['ls'])).length, 2)
  })
})
