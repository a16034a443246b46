import assert from 'node:assert/strict'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { buildCar, buildTree, testBytes } from '#libs/car/testing/build-car.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { exitCodes } from '../../clients/cluster-ctl.ts'
import type { CtlPipeline } from './ctl-pipeline.ts'

const timeout = 60_000

/** `add` of files, directories and CARs. */
export function testAddCommands(running: () => CtlPipeline): void {
  suite('add', { concurrency: 6 }, () => {
    async function fileWith(name: string, bytes: Uint8Array | string): Promise<string> {
      const file = join(await mkdtemp(join(running().pipeline.folder, 'add-')), name)
      await writeFile(file, bytes)
      return file
    }
    const settled = (cid: string) => running().pipeline.client.settled(cid)

    test('a file is added, pinned, and named by its options', { timeout }, async () => {
      const file = await fileWith('hello.txt', 'added by ctl')
      const { ctl } = running()
      const args = ['add', '--name', 'greeting', '--metadata', 'a=b', '--cid-version', '1', file]
      const { exitCode, stdout } = await ctl.run(...args)
      const cid = rawBlock('added by ctl').cid.toString()
      assert.equal(exitCode, exitCodes.success, stdout)
      assert.equal(stdout, `added ${cid} hello.txt\n`)
      const pinned = await settled(cid)
      assert.equal(pinned.status, 'pinned', pinned.error)
      assert.equal(pinned.name, 'greeting')
      assert.deepEqual(pinned.metadata, { a: 'b' })
    })

    test('add --wait returns once it is proven and stored', { timeout }, async () => {
      const file = await fileWith('big.bin', testBytes(3_000_000, 201))
      const { exitCode, stdout } = await running().ctl.run('add', '--wait', '--quieter', file)
      assert.equal(exitCode, exitCodes.success)
      assert.match(stdout, /^Qm\w{44}\n$/, 'CIDv0 is the default of ctl')
      assert.equal((await running().pipeline.client.status(stdout.trim())).status, 'pinned')
    })

    test('a directory is added with all that is in it', { timeout }, async () => {
      const folder = await mkdtemp(join(running().pipeline.folder, 'add-'))
      await mkdir(join(folder, 'photos', '2026'), { recursive: true })
      await writeFile(join(folder, 'photos', 'index.txt'), 'an index')
      await writeFile(join(folder, 'photos', '2026', 'one.txt'), 'the first')
      const added = await running().ctl.json('add', '-r', '--cid-version', '1', join(folder, 'photos'))
      assert.deepEqual(added.map(({ name }) => String(name)).toSorted(), [
        'photos',
        'photos/2026',
        'photos/2026/one.txt',
        'photos/index.txt',
      ])
      const root = added.find(({ name }) => name === 'photos')
      const pinned = await settled(String(root?.['cid']))
      assert.equal(pinned.status, 'pinned', pinned.error)
      assert.equal(pinned.receipt?.blocks, 4)
      assert.equal(added.at(-1)?.['name'], 'photos', 'the root comes last')
    })

    test('--no-stream prints one array', { timeout }, async () => {
      const file = await fileWith('buffered.txt', 'in one array')
      const { stdout } = await running().ctl.run(
        '--enc=json',
        'add',
        '--no-stream',
        '--cid-version',
        '1',
        file,
      )
      const [added] = JSON.parse(stdout)
      assert.equal(added.cid, rawBlock('in one array').cid.toString())
      assert.equal(added.name, 'buffered.txt')
    })

    test('--wrap-with-directory adds a directory around it', { timeout }, async () => {
      const file = await fileWith('inside.txt', 'wrapped')
      const added = await running().ctl.json('add', '-w', '--cid-version', '1', file)
      assert.deepEqual(
        added.map(({ name }) => name),
        ['inside.txt', ''],
      )
      assert.match(String(added[1]?.['cid']), /^bafybei/)
    })

    test('--no-pin adds and does not pin', { timeout }, async () => {
      const file = await fileWith('unpinned.txt', 'not to be pinned')
      const { ctl } = running()
      await ctl.json('add', '--no-pin', '--cid-version', '1', file)
      const cid = rawBlock('not to be pinned').cid.toString()
      assert.equal((await ctl.run('pin', 'ls', cid)).exitCode, exitCodes.apiError)
    })

    test('a CAR is stored as what its root says', { timeout }, async () => {
      const dag = buildTree({ leaves: 5, leafBytes: 700, seed: 202 })
      const file = await fileWith('tree.car', buildCar(dag))
      const [added] = await running().ctl.json('add', '--format', 'car', file)
      assert.equal(added?.['cid'], dag.root.toString())
      const pinned = await settled(dag.root.toString())
      assert.equal(pinned.status, 'pinned', pinned.error)
      assert.equal(pinned.receipt?.root, dag.root.toString())
    })

    test('a file that is no CAR is refused as one', { timeout }, async () => {
      const file = await fileWith('no.car', 'this is no CAR')
      const { exitCode } = await running().ctl.run('add', '--format', 'car', file)
      assert.notEqual(exitCode, exitCodes.success)
    })
  })
}
