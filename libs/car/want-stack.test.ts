import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCidParts, parseCid } from './cid-bytes.ts'
import { rawBlock } from './testing/test-blocks.ts'
import { WantStack } from './want-stack.ts'

const MORE_THAN_FIT = 900_000
const template = rawBlock('x').cid.bytes

/** Parts of a CID that carries its number in the digest. */
function numbered(number: number) {
  const bytes = template.slice()
  new DataView(bytes.buffer).setUint32(4, number)
  const parts = createCidParts()
  parseCid(bytes, 0, bytes.length, parts)
  return parts
}
const numberOf = ({ bytes, start }: { bytes: Uint8Array; start: number }) =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(start + 4)

function topOf(stack: WantStack, count: number): number[] {
  const numbers: number[] = []
  stack.visit(cid => numbers.push(numberOf(cid)) < count)
  return numbers
}

test('what is settled disappears, in order and out of order', { timeout: 10_000 }, () => {
  const settled = new Set<number>()
  const stack = new WantStack(cid => !settled.has(numberOf(cid)))
  for (let i = 0; i < 200; i++) stack.push(numbered(i), i, 0)
  assert.deepEqual(topOf(stack, 3), [199, 198, 197])
  for (const number of [199, 197, 198]) {
    settled.add(number)
    stack.settle(numbered(number), number, 0)
  }
  assert.deepEqual(topOf(stack, 2), [196, 195])
})

test('it knows the slot of the CID on top, unless the table has grown since', { timeout: 10_000 }, () => {
  const stack = new WantStack(() => true)
  assert.equal(stack.slotOnTop(numbered(1), 3), -1)
  stack.push(numbered(1), 0x7fabcdef, 3)
  assert.equal(stack.slotOnTop(numbered(1), 3), 0x7fabcdef)
  assert.equal(stack.slotOnTop(numbered(1), 4), -1)
  assert.equal(stack.slotOnTop(numbered(2), 3), -1)
})

test('when it is full it takes no more, until enough has been settled', { timeout: 60_000 }, () => {
  let settledBelow = 0
  const stack = new WantStack(cid => numberOf(cid) >= settledBelow)
  for (let i = 0; i < MORE_THAN_FIT; i++) stack.push(numbered(i), i, 0)
  const [full] = topOf(stack, 1)
  assert.ok(full! > 700_000 && full! < MORE_THAN_FIT - 1, `it took ${full}`)

  settledBelow = 100_000
  for (let i = 0; i < settledBelow; i++) stack.settle(numbered(i), i, 0)
  stack.push(numbered(MORE_THAN_FIT), 0, 0)
  assert.deepEqual(topOf(stack, 2), [MORE_THAN_FIT, full])
  let last = 0
  stack.visit(cid => {
    last = numberOf(cid)
    return true
  })
  assert.equal(last, settledBelow)
})
