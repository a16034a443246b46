import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pollUntil } from '#deploy/local/poll-until.ts'

import type { AddedEntry } from './add-files.ts'
import { connectFileAdder } from './connect-file-adder.ts'
import { connectNode, enoughTime } from './testing/connect-node.ts'
import { startKuboNode } from './testing/kubo-node.ts'

const timeout = 60_000
const contentType = 'multipart/form-data; boundary=b'
const head = (name: string) =>
  `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`
const options = {
  wrapWithDirectory: false,
  layout: 'balanced',
  chunker: 'size-1000',
  rawLeaves: true,
  cidVersion: 1,
  hash: 'sha2-256',
  progress: false,
  pinName: 'held',
} as const

async function* bodyOf(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

const rootsIn = (entries: AddedEntry[]) =>
  entries.flatMap(entry => (entry.kind === 'added' && entry.isRoot ? [entry.cid] : []))

test('roots are told, pinned by name, exported as CARs, and gone after unpin', { timeout }, async () => {
  await using node = await startKuboNode()
  await using adder = connectFileAdder(node.apiUrl)
  const { signal } = enoughTime()
  const bytes = bodyOf(head('d/a'), 'x'.repeat(2_500), `\r\n${head('d/b')}y\r\n${head('c')}z\r\n--b--\r\n`)
  const entries = await Array.fromAsync(adder.addFiles({ contentType, bytes }, { ...options, signal }))
  assert.deepEqual(
    entries.map(entry => [entry.name, entry.kind === 'added' && entry.isRoot]),
    [
      ['d/a', false],
      ['d/b', false],
      ['d', true],
      ['c', true],
    ],
  )
  const held = async () =>
    (await Array.fromAsync(node.client.pin.ls({ type: 'recursive', names: true })))
      .filter(({ name }) => name === 'held')
      .map(({ cid }) => cid.toString())
  assert.deepEqual(new Set(await held()), new Set(rootsIn(entries)))
  for (const root of rootsIn(entries)) {
    const car = Buffer.concat(await Array.fromAsync(adder.streamLocalCar(root, enoughTime())))
    assert.ok(car.length > 50)
    await adder.unpin(root, { signal })
  }
  assert.deepEqual(await held(), [])
})

test('the node says in its own words what it does not take', { timeout }, async () => {
  await using node = await startKuboNode()
  await using adder = connectFileAdder(node.apiUrl)
  const bytes = bodyOf('no part')
  const added = Array.fromAsync(adder.addFiles({ contentType, bytes }, { ...options, ...enoughTime() }))
  await assert.rejects(added, { name: 'TransientError', code: 'internal', message: /NextPart: EOF/ })
})

test('a body that breaks ends the request, and nothing is pinned', { timeout }, async () => {
  await using node = await startKuboNode()
  await using adder = connectFileAdder(node.apiUrl)
  async function* broken() {
    yield* bodyOf(head('a'), 'x'.repeat(5_000))
    throw new Error('the client went away')
  }
  const added = adder.addFiles({ contentType, bytes: broken() }, { ...options, ...enoughTime() })
  await assert.rejects(Array.fromAsync(added), { code: 'source-unavailable' })
  const pins = await Array.fromAsync(node.client.pin.ls({ type: 'recursive', names: true }))
  assert.ok(pins.every(({ name }) => name !== 'held'))
})

test('a node that is not there is source-unavailable', { timeout }, async () => {
  await using adder = connectFileAdder('http://127.0.0.1:1')
  const bytes = bodyOf(head('a'))
  const added = adder.addFiles({ contentType, bytes }, { ...options, ...enoughTime() })
  await assert.rejects(Array.fromAsync(added), { code: 'source-unavailable' })
})

test('no garbage is collected while files are being added', { timeout }, async () => {
  await using node = await startKuboNode()
  await using adder = connectFileAdder(node.apiUrl)
  await using source = connectNode(node)
  const collected = Promise.withResolvers<unknown>()
  async function* slow() {
    yield* bodyOf(head('a'), 'x'.repeat(5_000))
    // The first bytes are asked for before the request has reached the node.
    const isAdding = async () => {
      const answer = await fetch(new URL('/api/v0/diag/cmds', node.apiUrl), { method: 'POST' })
      const commands = (await answer.json()) as { Command: string; Active: boolean }[]
      assert.ok(commands.some(({ Command, Active }) => Command === 'add' && Active))
    }
    await pollUntil(isAdding, { what: 'the upload', timeoutMs: 10_000 })
    collected.resolve(await source.collectGarbage(enoughTime()))
    yield* bodyOf('\r\n--b--\r\n')
  }
  const added = adder.addFiles(
    { contentType, bytes: slow() },
    { ...options, progress: true, ...enoughTime() },
  )
  assert.equal(rootsIn(await Array.fromAsync(added)).length, 1)
  assert.deepEqual(await collected.promise, { removedBlocks: 0, postponed: true })
  assert.equal((await source.collectGarbage(enoughTime())).postponed, false)
})
