import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { mirrorLiveNodes, openNodeAnnouncer } from '#libs/bus/index.ts'
import { silent, startTestBus } from '#libs/bus/testing/test-bus.ts'
import { connectNode } from '#libs/ipfs/testing/connect-node.ts'
import { startKuboNode } from '#libs/ipfs/testing/kubo-node.ts'
import { announceNode } from './announce-node.ts'

const timeout = 60_000
const poll = { what: 'the live view', timeoutMs: 10_000, intervalMs: 20 }

test('the gateway sees the Kubo of a fetcher from its start until the fetcher stops', {
  timeout,
}, async () => {
  await using bus = await startTestBus()
  await using fetcher = await bus.connect('fetcher')
  await using gateway = await bus.connect('gateway')
  await using node = await startKuboNode()
  await using source = connectNode(node)
  await using mirror = await mirrorLiveNodes(gateway, { maxAgeMs: 60_000, log: silent })
  const announcing = announceNode({
    source,
    announcer: await openNodeAnnouncer(fetcher),
    transfers: () => 0,
    transferSlots: 3,
    intervalMs: 20_000,
    log: silent,
  })
  await pollUntil(async () => assert.equal(mirror.list().length, 1), poll)
  const [seen] = mirror.list()
  assert.equal(seen?.peerId, node.peerId)
  assert.ok(seen.addresses.includes(node.address))
  assert.match(seen.agentVersion, /^kubo\//)
  assert.ok(seen.repoBytes > 0 && seen.repoBytes < seen.repoLimitBytes)
  assert.deepEqual([seen.transfers, seen.transferSlots], [0, 3])

  await announcing[Symbol.asyncDispose]()
  await pollUntil(async () => assert.deepEqual(mirror.list(), []), poll)
  fetcher.assertReady()
})
