import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { testBytes } from '#libs/car/testing/build-car.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { exitCodes } from '../../clients/cluster-ctl.ts'
import { addBytes, addDirectory } from '../content.ts'
import type { CtlPipeline } from './ctl-pipeline.ts'

const timeout = 60_000
const nobodyHas = (what: string) => rawBlock(`nobody has ${what}`).cid.toString()

/** `pin add`, `pin rm` and `pin update`, with and without waiting. */
export function testPinCommands(running: () => CtlPipeline): void {
  suite('pin add, rm, update', { concurrency: 6 }, () => {
    const content = (seed: number) => addBytes(running().pipeline.kubo, testBytes(2_000, seed))

    test('pin add prints the status, which is never "unpinned"', { timeout }, async () => {
      const cid = await content(101)
      const { exitCode, stdout } = await running().ctl.run('pin', 'add', '--name', 'first', cid)
      assert.equal(exitCode, exitCodes.success, stdout)
      assert.match(stdout, new RegExp(`^${cid} \\| first:\\n {4}> pickup +: (PIN_QUEUED|PINNING|PINNED) \\|`))
    })

    test('pin add --no-status prints the pin', { timeout }, async () => {
      const cid = await content(102)
      const { exitCode, stdout } = await running().ctl.run(
        'pin',
        'add',
        '--no-status',
        '--name',
        'quick',
        cid,
      )
      assert.equal(exitCode, exitCodes.success, stdout)
      assert.match(
        stdout,
        new RegExp(
          `^${cid} \\| quick \\| PIN \\| Repl\\. Factor: -1 \\| Allocations: \\[everywhere\\] \\| Recursive \\| Metadata: no \\| Exp: ∞`,
        ),
      )
    })

    test('pin add --wait returns once the content is pinned', { timeout }, async () => {
      const cid = await content(103)
      const { exitCode, stdout } = await running().ctl.run('pin', 'add', '--wait', cid)
      assert.equal(exitCode, exitCodes.success, stdout)
      assert.match(stdout, /: PINNED \|/)
      assert.equal((await running().pipeline.client.status(cid)).status, 'pinned')
    })

    test('pin add --wait of a CID that nobody has is given up when the pin fails', { timeout }, async () => {
      const { exitCode, stderr } = await running().ctl.run('pin', 'add', '--wait', nobodyHas('this'))
      assert.equal(exitCode, exitCodes.noAnswer)
      assert.match(stderr, /error has occurred while attempting to reach status: pinned/)
    })

    test('pin add --wait gives up after --wait-timeout', { timeout }, async () => {
      const args = ['pin', 'add', '--wait', '--wait-timeout', '2s', nobodyHas('that in two seconds')]
      assert.equal((await running().ctl.run(...args)).exitCode, exitCodes.waitTimedOut)
    })

    test('pin add of a path pins what the path leads to', { timeout }, async () => {
      const root = await addDirectory(running().pipeline.kubo, ['below the root'])
      const { ctl } = running()
      const [pin] = await ctl.json('pin', 'add', '--no-status', '--name', 'leaf', `/ipfs/${root}/entry-0`)
      assert.equal(pin?.['cid'], rawBlock('below the root').cid.toString())
      assert.equal(pin['name'], 'leaf')
      const removed = await ctl.run('pin', 'rm', `/ipfs/${root}/entry-0`)
      assert.match(removed.stdout, /UNPINNED/)
    })

    test('pin add of an IPLD path pins what it leads to', { timeout }, async () => {
      const leaf = await content(108)
      const [pin] = await running().ctl.json('pin', 'add', '--no-status', `/ipld/${leaf}`)
      assert.equal(pin?.['cid'], leaf)
    })

    test('pin add of an IPNS name that the node cannot resolve fails with its reason', {
      timeout,
    }, async () => {
      const name = `/ipns/${running().pipeline.kubo.peerId}`
      const { exitCode, stdout, stderr } = await running().ctl.run('pin', 'add', name)
      assert.equal(exitCode, exitCodes.apiError)
      assert.match(`${stdout}${stderr}`, /could not resolve name/)
    })

    test('pin add of a path that leads nowhere fails with an error of the API', { timeout }, async () => {
      const root = await addDirectory(running().pipeline.kubo, ['something else'])
      const { exitCode, stdout, stderr } = await running().ctl.run('pin', 'add', `/ipfs/${root}/nosuch`)
      assert.equal(exitCode, exitCodes.apiError)
      assert.match(`${stdout}${stderr}`, /no link named "nosuch"/)
    })

    test('pin add of something that is no CID is not even sent', { timeout }, async () => {
      assert.equal((await running().ctl.run('pin', 'add', 'nonsense')).exitCode, exitCodes.noAnswer)
    })

    test('pin rm --wait shows "unpinned", and the pin is gone', { timeout }, async () => {
      const cid = await content(104)
      const { ctl } = running()
      await ctl.json('pin', 'add', '--wait', cid)
      const removed = await ctl.run('pin', 'rm', '--wait', '--wait-timeout', '2s', cid)
      assert.equal(removed.exitCode, exitCodes.success, removed.stderr)
      assert.match(removed.stdout, new RegExp(`^${cid}:\\n {4}> pickup +: UNPINNED \\|`))
      const listed = await ctl.run('pin', 'ls', cid)
      assert.equal(listed.exitCode, exitCodes.apiError)
      assert.match(`${listed.stdout}${listed.stderr}`, /404.*pin is not part of the pinset/s)
      assert.doesNotMatch(`${listed.stdout}${listed.stderr}`, new RegExp(cid))
      assert.match((await ctl.run('status', cid)).stdout, /UNPINNED/)
    })

    test('pin rm of what is being fetched cancels it', { timeout }, async () => {
      const cid = nobodyHas('what is given up')
      const { ctl } = running()
      await ctl.json('pin', 'add', '--no-status', cid)
      const [removed] = await ctl.json('pin', 'rm', '--no-status', cid)
      assert.equal(removed?.['cid'], cid)
      assert.match((await ctl.run('status', cid)).stdout, /UNPINNED/)
    })

    test('pin rm of what is not pinned fails with 404', { timeout }, async () => {
      const { exitCode, stdout, stderr } = await running().ctl.run('pin', 'rm', nobodyHas('what was pinned'))
      assert.equal(exitCode, exitCodes.apiError)
      assert.match(`${stdout}${stderr}`, /pin is not part of the pinset/)
    })

    test('a pin that was removed can be added again', { timeout }, async () => {
      const cid = await content(105)
      const { ctl } = running()
      for (let round = 0; round < 2; round++) {
        assert.match((await ctl.run('pin', 'add', '--wait', cid)).stdout, /: PINNED/)
        assert.match((await ctl.run('pin', 'rm', cid)).stdout, /UNPINNED/)
      }
    })

    test('pin update copies the options of the pin it names', { timeout }, async () => {
      const [from, to] = await Promise.all([content(106), content(107)])
      const { ctl } = running()
      await ctl.json('pin', 'add', '--no-status', '--name', 'old', '--metadata', 'kind=text', '-r', '1', from)
      const [pin] = await ctl.json('pin', 'update', '--no-status', from, to)
      assert.equal(pin?.['cid'], to)
      assert.equal(pin['name'], 'old')
      assert.equal(pin['pin_update'], from)
      assert.equal(pin['replication_factor_min'], 1)
      assert.deepEqual(pin['metadata'], { kind: 'text' })
      const [renamed] = await ctl.json('pin', 'update', '--no-status', '--name', 'new', from, to)
      assert.equal(renamed?.['name'], 'new')
      assert.match((await ctl.run('pin', 'ls', from)).stdout, /\| old \|/, 'the source stays pinned')
      assert.match((await ctl.run('pin', 'update', '--wait', from, to)).stdout, /: PINNED/)
    })

    test('pin update of what is not pinned fails with 404', { timeout }, async () => {
      const args = ['pin', 'update', nobodyHas('the source'), nobodyHas('the target')]
      const { exitCode, stdout, stderr } = await running().ctl.run(...args)
      assert.equal(exitCode, exitCodes.apiError)
      assert.match(`${stdout}${stderr}`, /404/)
    })
  })
}
