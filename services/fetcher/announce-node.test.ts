import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { NodeAnnouncement } from '#libs/bus/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { announceNode } from './announce-node.ts'

const timeout = 5_000
const log = createLogger('test', 'silent')
const peerId = '12D3'
const addresses = [
  '/ip4/0.0.0.0/tcp/4001/p2p/12D3',
  '/ip4/127.0.0.1/tcp/4001/p2p/12D3',
  '/ip4/10.0.0.7/udp/4001/quic-v1/p2p/12D3',
  '/ip6/::/tcp/4001/p2p/12D3',
  '/ip6/::1/tcp/4001/p2p/12D3',
  '/dns4/node.example.org/tcp/4001/p2p/12D3',
  '/p2p/relay/p2p-circuit/p2p/12D3',
]

type Fakes = { identify?: () => Promise<void>; announce?: () => Promise<void> }

/** Announces once, and again only by the timer of the mock clock. */
function announcing({ identify = async () => {}, announce = async () => {} }: Fakes = {}) {
  const events: (NodeAnnouncement | string)[] = []
  const running = announceNode({
    source: {
      async identify({ signal }) {
        await Promise.race([identify(), aborted(signal)])
        return { peerId, addresses, agentVersion: 'kubo/0.43.0' }
      },
      measureRepo: async () => ({ usedBytes: 30, limitBytes: 100 }),
    },
    announcer: {
      async announce(node) {
        events.push(node)
        await announce()
      },
      async withdraw(id) {
        events.push(`withdrawn ${id}`)
      },
    },
    transfers: () => 2,
    transferSlots: 10,
    intervalMs: 20_000,
    log,
  })
  return { events, running }
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a node is announced at once, with every address that leads somewhere', { timeout }, async () => {
  const { events, running } = announcing()
  await setImmediate()
  assert.deepEqual(events, [
    {
      peerId,
      addresses: addresses.filter(address => !/0\.0\.0\.0|\/::\//.test(address)),
      agentVersion: 'kubo/0.43.0',
      repoBytes: 30,
      repoLimitBytes: 100,
      transfers: 2,
      transferSlots: 10,
    },
  ])
  assert.equal((events[0] as NodeAnnouncement).addresses.length, 5)
  await running[Symbol.asyncDispose]()
})

test('a node is announced again after each interval, and withdrawn at the end', { timeout }, async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { events, running } = announcing()
  await setImmediate()
  t.mock.timers.tick(20_000)
  await setImmediate()
  assert.equal(events.length, 2)
  await running[Symbol.asyncDispose]()
  t.mock.timers.tick(20_000)
  await setImmediate()
  assert.deepEqual(events.slice(2), [`withdrawn ${peerId}`])
})

test('a node that does not answer is not announced, and tried again', { timeout }, async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let answers = false
  const identify = () => (answers ? Promise.resolve() : Promise.reject(new Error('Kubo is away')))
  const { events, running } = announcing({ identify })
  await setImmediate()
  assert.deepEqual(events, [])
  answers = true
  t.mock.timers.tick(20_000)
  await setImmediate()
  assert.equal(events.length, 1)
  await running[Symbol.asyncDispose]()
})

test('while one announcement runs no other begins, and the end does not wait for the node', {
  timeout,
}, async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let asked = 0
  const identify = () => {
    asked++
    return new Promise<void>(() => {})
  }
  const { events, running } = announcing({ identify })
  t.mock.timers.tick(60_000)
  await setImmediate()
  assert.equal(asked, 1)
  await running[Symbol.asyncDispose]()
  assert.deepEqual(events, [])
})

test('NATS being away neither ends the announcing nor the service', { timeout }, async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { events, running } = announcing({ announce: () => Promise.reject(new Error('NATS is away')) })
  await setImmediate()
  t.mock.timers.tick(20_000)
  await setImmediate()
  assert.equal(events.length, 2)
  await running[Symbol.asyncDispose]()
})
