import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'

import { connectNode, enoughTime } from './testing/connect-node.ts'
import { type KuboNode, startKuboNode } from './testing/kubo-node.ts'
import { addRandomDag } from './testing/random-dag.ts'

const timeout = 60_000
const stranger = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
const otherStranger = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

/** Accepts connections and never says a word. */
async function startSilentServer() {
  const sockets = new Set<Socket>()
  const server = createServer(socket => void sockets.add(socket.on('error', () => socket.destroy())))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

test('bad origins beside a good one are listed, cost no more than the limit and do no harm', {
  timeout,
}, async () => {
  await using provider = await startKuboNode()
  await using node = await startKuboNode()
  await using silent = await startSilentServer()
  await using source = connectNode(node)
  const { root } = await addRandomDag(provider, { leaves: 2 })
  const refusedPort = `/ip4/127.0.0.1/tcp/1/p2p/${stranger}`
  const blackHole = `/ip4/127.0.0.1/tcp/${silent.port}/p2p/${otherStranger}`
  const origins = [blackHole, refusedPort, 'nonsense', node.address, provider.address, provider.address]

  const started = performance.now()
  await using connected = await source.connectOrigins(origins, { ...enoughTime(), timeoutMs: 2_000 })
  assert.ok(performance.now() - started < 4_000)
  assert.deepEqual(
    new Set(connected.refused.map(({ origin }) => origin)),
    new Set([blackHole, refusedPort, 'nonsense', node.address]),
  )
  assert.deepEqual(new Set(connected.peerIds), new Set([stranger, otherStranger, provider.peerId]))

  await source.pinAhead(root, { ...enoughTime(), name: 'job', onProgress: () => undefined })
  assert.equal(await source.anyPeerAlive([stranger, provider.peerId], enoughTime()), true)
  provider.freeze()
  // The threads of a process stop one after the other: a last answer may still come. The test's timeout ends this.
  while (await source.anyPeerAlive([provider.peerId], { ...enoughTime(), timeoutMs: 1_000 })) continue
})

test('a private origin is refused unless it is allowed', { timeout }, async () => {
  await using node = await startKuboNode()
  await using source = connectNode(node, { allowPrivateOrigins: false })
  const origin = `/ip4/127.0.0.1/tcp/1/p2p/${stranger}`
  await using connected = await source.connectOrigins([origin], enoughTime())
  assert.deepEqual(connected.refused, [{ origin, reason: 'an address of a private network' }])
  assert.deepEqual(connected.peerIds, [])
})

async function peeringsOf({ apiUrl }: KuboNode): Promise<unknown> {
  const response = await fetch(`${apiUrl}/api/v0/swarm/peering/ls`, { method: 'POST' })
  const { Peers } = JSON.parse(await response.text())
  return (Peers ?? []).map(({ ID }: { ID: string }) => ID).toSorted()
}

test('a peer stays held until the last of its jobs lets go of it', { timeout }, async () => {
  await using provider = await startKuboNode()
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const peerings = () => peeringsOf(node)
  const first = await source.connectOrigins([provider.address], enoughTime())
  const second = await source.connectOrigins([provider.address], enoughTime())
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  assert.deepEqual(await peerings(), [provider.peerId])
  await second[Symbol.asyncDispose]()
  assert.deepEqual(await peerings(), [])
  await using _third = await source.connectOrigins([provider.address], enoughTime())
  assert.deepEqual(await peerings(), [provider.peerId])
})

test('peers that a killed process held are let go, those of jobs and of the configuration stay', {
  timeout,
}, async () => {
  await using provider = await startKuboNode()
  const configured = { ID: otherStranger, Addrs: ['/ip4/127.0.0.1/tcp/1'] }
  await using node = await startKuboNode({ peering: [configured] })
  const before = connectNode(node)
  await before.connectOrigins([`/ip4/127.0.0.1/tcp/1/p2p/${stranger}`], enoughTime())
  await before[Symbol.asyncDispose]()
  await using source = connectNode(node)
  await using _job = await source.connectOrigins([provider.address], enoughTime())
  assert.equal(await source.endStalePeerings(enoughTime()), 1)
  assert.deepEqual(await peeringsOf(node), [otherStranger, provider.peerId].toSorted())
})
