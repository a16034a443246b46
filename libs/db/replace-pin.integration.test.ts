import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { removePsaPin } from './remove-pin.ts'
import { replacePsaPin } from './replace-pin.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const account = 'default'
const accept = (cid: string) => stored.accept(cid, { api: 'psa', name: 'old' })
const replace = (requestId: string, cid: string) =>
  replacePsaPin(database.db, { account, requestId }, stored.request(cid, { api: 'psa', name: 'new' }))
const eventIds = async (cid: string) => (await stored.eventsOf(cid)).map(({ id }) => id)

test('the new pin takes the place of the old, whose work ends', { timeout }, async () => {
  const { pin } = await accept('from')
  const replaced = await replace(pin.requestId, 'to')
  assert.notEqual(replaced?.pin.requestId, pin.requestId)
  assert.deepEqual([replaced?.pin.name, replaced?.content.state], ['new', 'queued'])
  assert.deepEqual(await stored.pinsOf('from'), [])
  assert.equal((await stored.content('from'))?.state, 'unpinned')
  assert.deepEqual(await eventIds('from'), ['from.1.requested', 'from.1.cancelled'])
})

test('a replace by the same CID keeps what is pinned', { timeout }, async () => {
  const { pin } = await accept('same')
  await stored.setState('same', 'pinned')
  const replaced = await replace(pin.requestId, 'same')
  assert.deepEqual([replaced?.pin.name, replaced?.pin.state], ['new', 'pinned'])
  assert.equal((await stored.pinsOf('same')).length, 1)
  assert.deepEqual(await eventIds('same'), ['same.1.requested'])
})

test('an unknown pin, or one of others, replaces nothing and leaves nothing', { timeout }, async () => {
  const { pin } = await stored.accept('theirs', { api: 'psa', account: 'other' })
  assert.equal(await replace(pin.requestId, 'never'), undefined)
  assert.equal(await replace('unknown', 'never'), undefined)
  assert.equal(await stored.content('never'), undefined)
  assert.equal((await stored.pinsOf('theirs')).length, 1)
})

test('of two replaces of one pin one wins, and the other leaves nothing', { timeout }, async () => {
  const { pin } = await accept('contested')
  const outcomes = await Promise.all([replace(pin.requestId, 'left'), replace(pin.requestId, 'right')])
  assert.equal(outcomes.filter(Boolean).length, 1)
  const pinned = [...(await stored.pinsOf('left')), ...(await stored.pinsOf('right'))]
  assert.equal(pinned.length, 1)
  const lost = outcomes[0] ? 'right' : 'left'
  assert.equal(await stored.content(lost), undefined)
  assert.deepEqual(await eventIds(lost), [])
})

test('replaces that cross do not wait for each other for ever', { timeout }, async () => {
  for (let round = 0; round < 10; round++) {
    const [a, b] = [`cross-a-${round}`, `cross-b-${round}`]
    const [one, two] = [await accept(a), await accept(b)]
    const outcomes = await Promise.all([replace(one.pin.requestId, b), replace(two.pin.requestId, a)])
    assert.equal(outcomes.filter(Boolean).length, 2)
    for (const cid of [a, b]) {
      assert.equal((await stored.pinsOf(cid)).length, 1)
      assert.equal((await stored.content(cid))?.state, 'queued')
    }
  }
})

test('four replaces that cross, with CIDs that are new, all come to their end', { timeout }, async () => {
  for (let round = 0; round < 15; round++) {
    const cids = ['a', 'b'].map(name => `ring-${name}-${round}`)
    const olds = []
    for (const cid of cids) olds.push(await accept(cid), await accept(cid))
    // Each old content is let go while others want it, and each new one is wanted by two that hold another.
    const fresh = [`new-${round}-z`, `0-new-${round}`, `0-new-${round}`, `new-${round}-z`]
    const outcomes = await Promise.all(
      olds.map(({ pin }, i) => replace(pin.requestId, fresh[i] ?? assert.fail())),
    )
    assert.equal(outcomes.filter(Boolean).length, 4)
    for (const cid of new Set(fresh)) assert.equal((await stored.pinsOf(cid)).length, 2)
    for (const cid of cids) assert.equal((await stored.content(cid))?.state, 'unpinned')
  }
})

test('a pin is removed once, by its account only', { timeout }, async () => {
  const { pin } = await accept('gone')
  const { requestId } = pin
  assert.equal(await removePsaPin(database.db, { account: 'other', requestId }), undefined)
  assert.ok(await removePsaPin(database.db, { account, requestId }))
  assert.equal(await removePsaPin(database.db, { account, requestId }), undefined)
  assert.equal((await stored.content('gone'))?.state, 'unpinned')
})
