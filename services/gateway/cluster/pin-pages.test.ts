import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listPageRows, pinPages } from './pin-pages.ts'
import { acceptedPin } from './testing/accepted-pin.ts'

const timeout = 5_000

/** Pages over `count` pins with the CIDs `000000`, `000001`, … */
function pagesOver(count: number) {
  const asked: (string | undefined)[] = []
  const cids = Array.from({ length: count }, (_, i) => String(i).padStart(6, '0'))
  const pages = pinPages(async ({ afterCid, limit }) => {
    asked.push(afterCid)
    const start = afterCid === undefined ? 0 : cids.indexOf(afterCid) + 1
    return cids.slice(start, start + limit).map(cid => acceptedPin({ cid }))
  })
  return { pages, asked, cids }
}

for (const count of [0, 1, listPageRows, listPageRows + 1, 2 * listPageRows + 3]) {
  test(`${count} pins come once each, in order`, { timeout }, async () => {
    const { pages, cids } = pagesOver(count)
    assert.deepEqual(
      (await Array.fromAsync(pages)).flat().map(({ pin }) => pin.cid),
      cids,
    )
  })
}

test('a page is read when it is asked for, not before', { timeout }, async () => {
  const { pages, asked } = pagesOver(2 * listPageRows)
  assert.deepEqual(asked, [])
  await pages.next()
  assert.deepEqual(asked, [undefined])
  await pages.return()
  assert.equal(asked.length, 1)
})
