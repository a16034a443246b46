import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addPinName, readPinName, transferPinName } from './pin-names.ts'

const timeout = 5_000
const cid = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

test('the name of a pin tells the content of a transfer, or the start of an upload', { timeout }, () => {
  assert.deepEqual(readPinName(transferPinName(cid)), { kind: 'transfer', cid })
  const startedAt = new Date('2026-01-02T03:04:05.678Z')
  assert.deepEqual(readPinName(addPinName(startedAt)), { kind: 'add', startedAt })
})

test("any other name is somebody else's", { timeout }, () => {
  for (const name of [
    '',
    'mine',
    cid,
    'pickup',
    'pickup:',
    'pickup:add',
    'pickup:add:',
    'pickup:add:T',
    'pickup:A',
  ])
    assert.equal(readPinName(name), undefined, name)
})
