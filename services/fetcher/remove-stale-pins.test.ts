import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addPinName, transferPinName } from '#libs/ipfs/index.ts'
import { removeStalePins } from './remove-stale-pins.ts'

const timeout = 5_000
const hourMs = 3_600_000

/** What is removed of pins by these names, each by its place as CID, while `leased` is being fetched. */
async function removedOf(names: string[], leased: string[] = []) {
  const removed: number[] = []
  const asked: string[] = []
  const source = {
    listPins: async () => names.map((name, i) => ({ cid: String(i), name })),
    unpin: async (cid: string) => void removed.push(Number(cid)),
  }
  const leasedContents = async (cids: readonly string[]) => {
    asked.push(...cids)
    return new Set(leased)
  }
  const count = await removeStalePins({ source, leasedContents }, AbortSignal.timeout(timeout))
  assert.equal(count, removed.length)
  return { removed, asked }
}

test('the pin of a transfer is removed unless a live worker has its content', { timeout }, async () => {
  const names = [transferPinName('baaa'), transferPinName('bbbb')]
  assert.deepEqual(await removedOf(names, ['bbbb']), { removed: [0], asked: ['baaa', 'bbbb'] })
})

test('the pin of an upload is removed when the upload began more than a day ago', { timeout }, async () => {
  const names = [25, 23].map(hours => addPinName(new Date(Date.now() - hours * hourMs)))
  assert.deepEqual(await removedOf(names), { removed: [0], asked: [] })
})

test('pins without a name, or by the name of somebody else, stay', { timeout }, async () => {
  assert.deepEqual((await removedOf(['', 'backup', 'pickup:add'])).removed, [])
})
