import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Publish } from '#libs/bus/index.ts'
import { onCarValid } from './on-car-valid.ts'

const timeout = 5_000
const event = {
  v: 1,
  id: 'cid.2.valid',
  at: '2026-01-01T00:00:00Z',
  data: {
    cid: 'cid',
    generation: 2,
    carCid: 'bag',
    car: { bucket: 'cars', key: 'bag/bag.car' },
    region: 'eu',
    sizeBytes: 1,
    blocks: 1,
    dagBytes: 1,
    verifiedAt: '2026-01-01T00:00:00Z',
  },
}
const announced = 'announce eu/cars/bag/bag.car'
const recorded = 'record cid.2.valid'
const published = 'publish cid.2.indexed true'

/** A bridge whose steps fail as `fails` says, once each. */
function setUp({ queue = true, fails = [] as string[] } = {}) {
  const steps: string[] = []
  const handled = new Set<string>()
  const left = [...fails]
  const note = (step: string) => {
    const at = left.indexOf(step)
    if (at !== -1) throw new Error(`no ${left.splice(at, 1)[0]}`)
    steps.push(step)
  }
  const publish: Publish = async (definition, id, data) => {
    definition.encode(id, data)
    note(`publish ${id} ${(data as { announced?: boolean }).announced}`)
  }
  const handle = onCarValid({
    announceCar: queue
      ? async ({ region, bucket, key }) => note(`announce ${region}/${bucket}/${key}`)
      : undefined,
    wasHandled: async id => handled.has(id),
    recordHandled: async id => {
      note(`record ${id}`)
      handled.add(id)
    },
    publish,
  })
  return { steps, handle }
}

test('a valid CAR is announced, recorded and told', { timeout }, async () => {
  const { steps, handle } = setUp()
  await handle(event)
  assert.deepEqual(steps, [announced, recorded, published])
})

test('a repeated event is told again but not announced again', { timeout }, async () => {
  const { steps, handle } = setUp()
  await handle(event)
  await handle(event)
  assert.deepEqual(steps, [announced, recorded, published, published])
})

test('without a queue the CAR is told as not announced, and nothing is recorded', { timeout }, async () => {
  const { steps, handle } = setUp({ queue: false })
  await handle(event)
  assert.deepEqual(steps, ['publish cid.2.indexed false'])
})

test('a queue that does not answer leaves no trace: the next delivery announces', { timeout }, async () => {
  const { steps, handle } = setUp({ fails: [announced] })
  await assert.rejects(handle(event))
  assert.deepEqual(steps, [])
  await handle(event)
  assert.deepEqual(steps, [announced, recorded, published])
})

test('a crash between the queue and the record announces twice, which the indexer bears', {
  timeout,
}, async () => {
  const { steps, handle } = setUp({ fails: [recorded] })
  await assert.rejects(handle(event))
  await handle(event)
  assert.deepEqual(steps, [announced, announced, recorded, published])
})

test('a crash between the record and the event announces once', { timeout }, async () => {
  const { steps, handle } = setUp({ fails: [published] })
  await assert.rejects(handle(event))
  await handle(event)
  assert.deepEqual(steps, [announced, recorded, published])
})
