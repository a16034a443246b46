import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { exitCodes } from '../../clients/cluster-ctl.ts'
import type { CtlPipeline } from './ctl-pipeline.ts'

const timeout = 60_000
const own = async ({ ctl }: CtlPipeline) => String((await ctl.json('id'))[0]?.['id'])

type Case = {
  args: readonly string[]
  /** Keys of the pin and their values, in the answer and in `pin ls`. */
  shown: Record<string, unknown>
  /** Part of the line that `pin ls` prints. */
  printed: RegExp
}

const cases: Record<string, Case> = {
  '--name': {
    args: ['--name', 'a name, ü & <b>'],
    shown: { name: 'a name, ü & <b>' },
    printed: /a name, ü & <b>/,
  },
  '--metadata': {
    args: ['--metadata', 'kind=text', '--metadata', 'owner=me=you'],
    shown: { metadata: { kind: 'text', owner: 'me=you' } },
    printed: /Metadata: yes/,
  },
  '--mode direct': {
    args: ['--mode', 'direct'],
    shown: { mode: 'direct', max_depth: 0 },
    printed: /PIN-DIRECT.*\| Direct \|/,
  },
  '--replication above the number of peers': {
    args: ['--replication', '3'],
    shown: { replication_factor_min: 3, replication_factor_max: 3 },
    printed: /Repl\. Factor: 3--3/,
  },
  '--replication-min and --replication-max': {
    args: ['--replication-min', '1', '--replication-max', '2'],
    shown: { replication_factor_min: 1, replication_factor_max: 2 },
    printed: /Repl\. Factor: 1--2/,
  },
  'no option': {
    args: [],
    shown: { name: '', mode: 'recursive', replication_factor_min: -1, allocations: [], shard_size: 0 },
    printed: /Repl\. Factor: -1 \| Allocations: \[everywhere\] \| Recursive \| Metadata: no \| Exp: ∞/,
  },
}

/** Every option of `pin add` reaches the pin, is answered, and is there when it is listed. */
export function testPinOptions(running: () => CtlPipeline): void {
  suite('options of pin add', { concurrency: 6 }, () => {
    for (const [name, { args, shown, printed }] of Object.entries(cases))
      test(name, { timeout }, async () => {
        const cid = rawBlock(`pinned with ${name}`).cid.toString()
        const { ctl } = running()
        const [added] = await ctl.json('pin', 'add', '--no-status', ...args, cid)
        const [listed] = await ctl.json('pin', 'ls', cid)
        for (const pin of [added, listed])
          for (const [key, value] of Object.entries(shown)) assert.deepEqual(pin?.[key], value, key)
        assert.match((await ctl.run('pin', 'ls', cid)).stdout, printed)
      })

    test('--allocations with one replica: exactly that peer', { timeout }, async () => {
      const cid = rawBlock('pinned with allocations').cid.toString()
      const { ctl } = running()
      const id = await own(running())
      await ctl.json('pin', 'add', '--no-status', '--allocations', id, '-r', '1', cid)
      const [pin] = await ctl.json('pin', 'ls', cid)
      assert.deepEqual(pin?.['allocations'], [id])
    })

    test('--expire-in is a time in the future', { timeout }, async () => {
      const cid = rawBlock('pinned for a while').cid.toString()
      const { ctl } = running()
      const before = Date.now()
      const [pin] = await ctl.json('pin', 'add', '--no-status', '--expire-in', '72h', cid)
      const expiresInMs = Date.parse(String(pin?.['expire_at'])) - 72 * 3_600_000
      assert.ok(expiresInMs >= before - 1 && expiresInMs <= Date.now() + 1, String(pin?.['expire_at']))
      assert.match((await ctl.run('pin', 'ls', cid)).stdout, /Exp: 20\d\d-/)
    })

    test('pinning again overwrites all of them', { timeout }, async () => {
      const cid = rawBlock('pinned with options, then without').cid.toString()
      const { ctl } = running()
      const options = ['--name', 'x', '--metadata', 'a=b', '--expire-in', '1h', '-r', '1']
      const [first] = await ctl.json('pin', 'add', '--no-status', ...options, cid)
      await ctl.json('pin', 'add', '--no-status', cid)
      const [again] = await ctl.json('pin', 'ls', cid)
      assert.equal(again?.['name'], '')
      assert.equal(again['metadata'], null)
      assert.equal(again['expire_at'], '0001-01-01T00:00:00Z')
      assert.equal(again['replication_factor_max'], -1)
      assert.ok(
        Date.parse(String(again['timestamp'])) >=
          Math.floor(Date.parse(String(first?.['timestamp'])) / 1000) * 1000,
      )
    })

    test('factors that contradict each other are refused', { timeout }, async () => {
      for (const args of [
        ['-r', '-2'],
        ['-rmin', '3', '-rmax', '2'],
        ['-rmin', '-1', '-rmax', '2'],
      ]) {
        const cid = rawBlock(`refused ${args.join(' ')}`).cid.toString()
        const { exitCode, stdout, stderr } = await running().ctl.run('pin', 'add', ...args, cid)
        assert.equal(exitCode, exitCodes.apiError, args.join(' '))
        assert.match(`${stdout}${stderr}`, /400.*replication_factor/s)
        assert.equal(
          (await running().ctl.run('pin', 'ls', cid)).exitCode,
          exitCodes.apiError,
          'nothing is stored',
        )
      }
    })
  })
}
