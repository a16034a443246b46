import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createCtl, exitCodes } from '../../clients/cluster-ctl.ts'
import { findClusterCtl } from '../../clients/cluster-programs.ts'
import { isPeerId } from '../../clients/go-values.ts'
import type { CtlPipeline } from './ctl-pipeline.ts'

const timeout = 60_000

/** What asks about the cluster and not about pins, and who may ask. */
export function testPeerCommands(running: () => CtlPipeline): void {
  suite('peers, health, credentials', { concurrency: 6 }, () => {
    test('version begins with the version of the contract', { timeout }, async () => {
      assert.match((await running().ctl.run('version')).stdout, /^1\.1\.6\+pickup\.\S+\n$/)
    })

    test('id shows one peer that sees no others', { timeout }, async () => {
      const { stdout } = await running().ctl.run('id')
      assert.match(stdout, /^12D3KooW\w+ \| pickup \| Sees 0 other peers\n {2}> Addresses:\n/)
      assert.doesNotMatch(stdout, /ERROR/)
    })

    test('peers ls shows the same peer as id, every time', { timeout }, async () => {
      const { ctl } = running()
      const [ids, first, second] = await Promise.all([
        ctl.json('id'),
        ctl.json('peers', 'ls'),
        ctl.json('peers', 'ls'),
      ])
      assert.deepEqual(first, ids)
      assert.deepEqual(second, ids)
      assert.ok(isPeerId(String(ids[0]?.['id'])))
    })

    test('peers rm is refused with an error of the API', { timeout }, async () => {
      const { ctl } = running()
      const { exitCode } = await ctl.run(
        'peers',
        'rm',
        '12D3KooWSXWtgfG9K8UHc2Seng2WaVSL1AtuP7o3AQ6EybncSEAJ',
      )
      assert.equal(exitCode, exitCodes.apiError)
    })

    test('ipfs gc is refused with an error of the API', { timeout }, async () => {
      assert.equal((await running().ctl.run('ipfs', 'gc')).exitCode, exitCodes.apiError)
    })

    test('health graph draws a graph with the peer in it', { timeout }, async () => {
      const { exitCode, stdout } = await running().ctl.run('health', 'graph')
      assert.equal(exitCode, exitCodes.success)
      assert.match(stdout, /^digraph cluster \{/m)
      assert.match(stdout, /<B> pickup <\/B>/)
    })

    test('health metrics lists names, and each of them has values', { timeout }, async () => {
      const { ctl } = running()
      const { stdout } = await ctl.run('health', 'metrics')
      const names = stdout.trim().split('\n')
      assert.ok(names.includes('ping') && names.includes('freespace'), stdout)
      for (const name of names) {
        const { exitCode, stdout: values } = await ctl.run('health', 'metrics', name)
        assert.equal(exitCode, exitCodes.success)
        assert.match(values, new RegExp(`^12D3KooW\\w+ \\| ${name}: .* \\| Expires in: .* from now\\n$`))
      }
    })

    test('health alerts and bandwidth have nothing to say', { timeout }, async () => {
      const { ctl } = running()
      for (const command of ['alerts', 'bandwidth'])
        assert.deepEqual(await ctl.run('health', command), { exitCode: 0, stdout: '', stderr: '' }, command)
    })

    test('everything decodes with --enc=json', { timeout }, async () => {
      const { ctl } = running()
      const commands = ['id', 'version', 'peers ls', 'health metrics', 'health metrics ping', 'health alerts']
      for (const command of [...commands, 'health bandwidth'])
        assert.equal((await ctl.json(...command.split(' '))).length, 1, command)
    })

    test('a wrong password is refused', { timeout }, async () => {
      for (const credentials of ['user:wrong', 'other:secret']) {
        const { exitCode, stdout, stderr } = await running().ctl.as(credentials).run('pin', 'ls')
        assert.equal(exitCode, exitCodes.apiError, credentials)
        assert.match(`${stdout}${stderr}`, /401.*unauthorized: access denied/s)
      }
    })

    test('no credentials are refused', { timeout }, async () => {
      const { exitCode, stdout, stderr } = await running().ctl.as('').run('id')
      assert.equal(exitCode, exitCodes.apiError)
      assert.match(`${stdout}${stderr}`, /401.*unauthorized: no auth provided/s)
    })

    test('a port where nobody listens is no answer', { timeout }, async () => {
      const nobody = createCtl({ binary: await findClusterCtl(), port: 1, credentials: 'user:secret' })
      assert.equal((await nobody.run('id')).exitCode, exitCodes.noAnswer)
    })
  })
}
