import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstPageRows, listPageRows, pinPages } from './pin-pages.ts'
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

for (const count of [
  0,
  1,
  firstPageRows,
  firstPageRows + 1,
  firstPageRows + listPageRows,
  firstPageRows + 2 * listPageRows + 3,
]) {
  test(`${count} pins come once each, in order`, { timeout }, async () => {
    const { pages, cids } = pagesOver(count)
    assert.deepEqual(
      (await Array.fromAsync(pages)).flat().map(({ pin }) => pin.cid),
      cids,
    )
  })
}

test('one page is read ahead of the one asked for, and no more', { timeout }, async () => {
  const { pages, asked, cids } = pagesOver(4 * listPageRows)
  assert.deepEqual(asked, [])
  await pages.next()
  assert.deepEqual(asked, [undefined, cids[firstPageRows - 1]])
  await pages.next()
  assert.equal(asked.length, 3)
  await pages.return()
  assert.equal(asked.length, 3)
})

test('an error is thrown when its page is asked for; to a reader who left it does no harm', {
  timeout,
}, async () => {
  const failing = () =>
    pinPages(async ({ afterCid, limit }) => {
      if (afterCid !== undefined) throw new Error('the database went away')
      return Array.from({ length: limit }, () => acceptedPin())
    })
  const pages = failing()
  assert.equal((await pages.next()).value?.length, firstPageRows)
  await assert.rejects(pages.next(), /went away/)

  const left = failing()
  await left.next()
  await left.return()
})
