import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { exitCodes } from '../../clients/cluster-ctl.ts'
import type { CtlPipeline } from './ctl-pipeline.ts'

const timeout = 60_000
const contentStates = ['queued', 'pinning', 'pinned', 'failed'] as const
type Name = (typeof contentStates)[number] | 'other queued'

const cidOf = (name: Name) => rawBlock(`content in state ${name}`).cid.toString()
const all: readonly Name[] = [...contentStates, 'other queued']

/** Filters that ctl takes (api/types.go, `trackerStatusString`), and what they must show. */
const filters: Record<string, readonly Name[]> = {
  pinned: ['pinned'],
  pinning: ['pinning'],
  pin_error: ['failed'],
  pin_queued: ['queued', 'other queued'],
  queued: ['queued', 'other queued'],
  error: ['failed'],
  cluster_error: [],
  unpin_error: [],
  unpinning: [],
  unpin_queued: [],
  remote: [],
  sharded: [],
  unexpectedly_unpinned: [],
  // A mask of several is sent with every composite that it touches, such as `error` here.
  'pinned,pin_error': ['pinned', 'failed'],
  'pinning, queued': ['pinning', 'queued', 'other queued'],
}

const namesOf = (documents: Record<string, unknown>[]) => documents.map(({ name }) => String(name)).toSorted()
const statusesOf = (document: Record<string, unknown> | undefined) =>
  Object.values(document?.['peer_map'] as Record<string, { status: string }>).map(({ status }) => status)

/** `pin ls`, `status` and `recover`, with one content in each state. Nothing but the gateway runs. */
export function testListCommands(running: () => CtlPipeline): void {
  suite('pin ls, status, recover', () => {
    async function setState(name: Name, state: string): Promise<void> {
      await running().pipeline.database.query(
        `update contents set state = $2, car_cid = case when $2 = 'pinned' then cid end,
           failure_code = case when $2 = 'failed' then 'not-found' end,
           failure_message = case when $2 = 'failed' then 'nobody provides it' end where cid = $1`,
        [cidOf(name), state],
      )
    }

    test('empty lists succeed and print nothing', { timeout }, async () => {
      for (const command of [['pin', 'ls'], ['status'], ['status', '--filter', 'pinned'], ['recover']])
        assert.deepEqual(await running().ctl.run(...command), { exitCode: 0, stdout: '', stderr: '' })
    })

    suite('with pins', () => {
      before(async () => {
        for (const name of all)
          await running().ctl.json('pin', 'add', '--no-status', '--name', name, cidOf(name))
        for (const state of contentStates) await setState(state, state)
      })

      test('pin ls shows every pin', { timeout }, async () => {
        assert.deepEqual(namesOf(await running().ctl.json('pin', 'ls')), all.toSorted())
        const { stdout } = await running().ctl.run('pin', 'ls', '--filter', 'pin')
        assert.equal(stdout.trim().split('\n').length, all.length)
      })

      test('pin ls of other types than pins shows nothing', { timeout }, async () => {
        for (const type of ['meta-pin', 'clusterdag-pin', 'shard-pin'])
          assert.equal((await running().ctl.run('pin', 'ls', '--filter', type)).stdout, '', type)
      })

      test('pin ls of one CID shows it', { timeout }, async () => {
        const [pin] = await running().ctl.json('pin', 'ls', cidOf('pinned'))
        assert.equal(pin?.['name'], 'pinned')
      })

      test('pin ls of something that is no CID is not even sent', { timeout }, async () => {
        assert.equal((await running().ctl.run('pin', 'ls', 'nonsense')).exitCode, exitCodes.noAnswer)
      })

      test('status shows every pin with its state', { timeout }, async () => {
        const documents = await running().ctl.json('status')
        const found = Object.fromEntries(documents.map(document => [document['name'], statusesOf(document)]))
        assert.deepEqual(found, {
          queued: ['pin_queued'],
          'other queued': ['pin_queued'],
          pinning: ['pinning'],
          pinned: ['pinned'],
          failed: ['pin_error'],
        })
      })

      test('status of one CID says why it failed', { timeout }, async () => {
        const { stdout } = await running().ctl.run('status', cidOf('failed'))
        assert.match(
          stdout,
          /PIN_ERROR: not-found: nobody provides it\. No reachable peer has .* \| .* \| Attempts: \d+ \| Priority: (true|false)/,
        )
      })

      test('status of several CIDs shows them all, those that are not pinned too', { timeout }, async () => {
        const unknown = rawBlock('never pinned').cid.toString()
        const documents = await running().ctl.json('status', cidOf('pinned'), cidOf('queued'), unknown)
        const found = Object.fromEntries(documents.map(document => [document['cid'], statusesOf(document)]))
        assert.deepEqual(found, {
          [cidOf('pinned')]: ['pinned'],
          [cidOf('queued')]: ['pin_queued'],
          [unknown]: ['unpinned'],
        })
      })

      test('status --local shows the same', { timeout }, async () => {
        assert.deepEqual(namesOf(await running().ctl.json('status', '--local')), all.toSorted())
      })

      for (const [filter, names] of Object.entries(filters))
        test(`status --filter ${filter}`, { timeout }, async () => {
          assert.deepEqual(namesOf(await running().ctl.json('status', '--filter', filter)), names.toSorted())
        })

      test('recover of a healthy pin changes nothing', { timeout }, async () => {
        assert.match((await running().ctl.run('recover', cidOf('pinned'))).stdout, /: PINNED \|/)
      })

      test('recover of a CID that is not pinned shows "unpinned"', { timeout }, async () => {
        const unknown = rawBlock('never pinned either').cid.toString()
        assert.match((await running().ctl.run('recover', unknown)).stdout, /: UNPINNED \|/)
      })

      test('recover of a failed pin queues it again, without its error', { timeout }, async () => {
        const { exitCode, stdout } = await running().ctl.run('recover', cidOf('failed'))
        assert.equal(exitCode, exitCodes.success)
        assert.match(stdout, /: PIN_QUEUED \|/)
        assert.match((await running().ctl.run('status', cidOf('failed'))).stdout, /: PIN_QUEUED \|/)
      })

      test('recover of all shows only what it queued again', { timeout }, async () => {
        await setState('failed', 'failed')
        assert.deepEqual(namesOf(await running().ctl.json('recover')), ['failed'])
        assert.deepEqual(await running().ctl.json('recover'), [])
      })
    })
  })
}
