import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AcceptedPin, ContentState } from '#libs/db/index.ts'
import { acceptedPin } from '../cluster/testing/accepted-pin.ts'
import type { EventStream } from './event-stream.ts'
import { createPinStatusOf } from './pin-status.ts'
import { cidOf } from './testing/test-cids.ts'
import { createPinWatch } from './watch-pins.ts'

const timeout = 5_000
const statusOf = createPinStatusOf({ liveJob: () => undefined, delegates: () => [] })

/** A reader in memory. `ended` resolves with what it was told. */
function reader() {
  const told: string[] = []
  const end = Promise.withResolvers<string[]>()
  const flags: { isBehind: boolean; isOver: boolean } = { isBehind: false, isOver: false }
  const stream = Object.assign(flags, {
    send: (data: string, name = 'message') =>
      void told.push(name === 'message' ? JSON.parse(data).status : name),
    beat: () => {},
    end() {
      flags.isOver = true
      end.resolve(told)
    },
  }) satisfies EventStream
  return { stream, told, ended: end.promise }
}

/** A watch whose looks see one state after the other, the last one for ever. */
function watchOf(states: (ContentState | 'gone' | 'away')[]) {
  let looks = 0
  const asked: string[][] = []
  const watch = createPinWatch({
    async watchedPins(requestIds): Promise<AcceptedPin[]> {
      asked.push([...requestIds])
      const state = states[Math.min(looks++, states.length - 1)] ?? 'gone'
      if (state === 'away') throw new Error('Postgres is away')
      if (state === 'gone') return []
      return requestIds.map(requestId => {
        const { pin, content } = acceptedPin({}, { cid: cidOf('watched') })
        return { pin: { ...pin, requestId }, content: { ...content, state } }
      })
    },
    revokedTokens: async () => new Set(['revoked']),
    queuePositions: async () => new Map(),
    setbacksOf: async () => new Map(),
    statusOf,
    intervalMs: 1,
    log: { warn: () => {} },
  })
  const follow = (requestId: string, tokenId = 'valid') => {
    const { stream, ...rest } = reader()
    watch.add({ requestId, tokenId, stream, shown: '' })
    return { stream, ...rest }
  }
  return { watch, follow, asked, looks: () => looks }
}

test('any number of readers costs one question a look, with each pin in it once', { timeout }, async () => {
  const { follow, asked } = watchOf(['pinning', 'pinning', 'pinned'])
  const readers = Array.from({ length: 100 }, (_, i) => follow(i % 2 === 0 ? 'a' : 'b'))
  for (const { ended } of readers) assert.deepEqual(await ended, ['pinning', 'pinned'])
  assert.deepEqual(asked, [
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'b'],
  ])
})

test('nobody looks when nobody reads', { timeout }, async t => {
  const { follow, looks } = watchOf(['pinned'])
  assert.equal(looks(), 0)
  await follow('a').ended
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.timers.tick(10_000)
  assert.equal(looks(), 1)
})

test('a look that fails is repeated, and the readers stay', { timeout }, async () => {
  const { follow } = watchOf(['pinning', 'away', 'away', 'pinned'])
  assert.deepEqual(await follow('a').ended, ['pinning', 'pinned'])
})

test('a reader who is behind is told the newest when it has caught up', { timeout }, async () => {
  const { follow, looks } = watchOf(['queued', 'pinning', 'pinned'])
  const slow = follow('a')
  slow.stream.isBehind = true
  const quick = follow('b')
  assert.deepEqual(await quick.ended, ['queued', 'pinning', 'pinned'])
  assert.deepEqual([slow.told, looks() >= 3], [[], true])
  slow.stream.isBehind = false
  assert.deepEqual(await slow.ended, ['pinned'])
})

test('a pin that is gone, a token that is revoked and the end of the server end a stream', {
  timeout,
}, async () => {
  assert.deepEqual(await watchOf(['gone']).follow('a').ended, ['deleted'])
  assert.deepEqual(await watchOf(['pinning']).follow('a', 'revoked').ended, [])
  const { watch, follow } = watchOf(['pinning'])
  const reading = follow('a')
  watch.close()
  assert.deepEqual(await reading.ended, [])
  assert.deepEqual(await follow('late').ended, [])
})
