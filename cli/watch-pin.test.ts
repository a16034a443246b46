import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CliError } from './cli-error.ts'
import type { PinStatus } from './pin-status.ts'
import { watchPin } from './watch-pin.ts'

const timeout = 10_000
const statusOf = (status: PinStatus['status']): PinStatus => ({
  requestid: 'r',
  status,
  created: '',
  pin: { cid: 'c' },
  delegates: [],
  info: {},
})

/** Follows connections that each bring these states, and then end or break. */
async function watch(connections: readonly (PinStatus['status'] | CliError)[][]) {
  let opened = 0
  const heard: string[] = []
  const api = {
    async *events() {
      for (const next of connections[opened++] ?? assert.fail('one connection too many')) {
        if (next instanceof CliError) throw next
        yield statusOf(next)
      }
    },
  }
  const { signal } = new AbortController()
  const final = await watchPin('r', { api, onStatus: ({ status }) => heard.push(status), signal })
  return { final: final.status, heard, opened }
}

const away = new CliError('unreachable', 'away')

test('every change is heard, and the last one ends it', { timeout }, async () => {
  assert.deepEqual(await watch([['queued', 'pinning', 'pinned']]), {
    final: 'pinned',
    heard: ['queued', 'pinning', 'pinned'],
    opened: 1,
  })
})

test('a connection that ends or breaks in between is made again', { timeout }, async () => {
  const { final, opened } = await watch([['queued'], [away], ['pinning', away], ['failed']])
  assert.deepEqual([final, opened], ['failed', 4])
})

test('a server that was never there, or refuses, is not asked again', { timeout }, async () => {
  await assert.rejects(watch([[away]]), away)
  const revoked = new CliError('unauthorized', 'revoked')
  await assert.rejects(watch([['queued', revoked]]), revoked)
})
