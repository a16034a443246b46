import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CarLimits } from '#libs/car/index.ts'
import { buildCar, buildTree, flipBits } from '#libs/car/testing/build-car.ts'
import { scanCar, wideLimits } from '#libs/car/testing/scan.ts'
import { PermanentError } from '#libs/errors/index.ts'
import { ObjectNotFoundError, type Storage, StorageError } from '#libs/storage/index.ts'
import { type Claim, createCheckStagedCar } from './check-staged-car.ts'

const timeout = 10_000
const tree = buildTree({ leaves: 8, leafBytes: 1_000 })
const cid = tree.root.toString()
const carBytes = buildCar(tree)
const { root: _root, ...claim } = scanCar(cid, carBytes)
const staging = { bucket: 'staging', key: 'cid/1-1.car' }

/** A store that holds `bytes`, given in pieces; `error` comes after half of them. */
function storeOf(bytes: Uint8Array | undefined, error?: Error): Pick<Storage, 'read'> {
  return {
    async *read(_ref, { onVersion }) {
      if (!bytes) throw new ObjectNotFoundError('no such object')
      onVersion?.('"v1"')
      for (let at = 0; at < bytes.length; at += 777) {
        if (error && at > bytes.length / 2) throw error
        yield bytes.subarray(at, at + 777)
      }
    },
  }
}
function check(
  storage: Pick<Storage, 'read'>,
  {
    claimed = claim,
    limits = {},
    onProgress = () => {},
  }: { claimed?: Claim; limits?: Partial<CarLimits>; onProgress?: (carBytes: number) => void } = {},
) {
  const checkStagedCar = createCheckStagedCar({ storage, limits: { ...wideLimits, ...limits } })
  return checkStagedCar(
    { cid, staging, claim: claimed },
    { signal: AbortSignal.timeout(timeout), onProgress },
  )
}
const isPermanent = (code: string) => (error: unknown) =>
  error instanceof PermanentError && error.code === code

test('a sound CAR is reported with the version that was read, and progress up to its end', {
  timeout,
}, async () => {
  const progress: number[] = []
  const report = await check(storeOf(carBytes), { onProgress: bytes => progress.push(bytes) })
  assert.deepEqual(report, { root: cid, ...claim, etag: '"v1"' })
  assert.equal(progress.at(-1), carBytes.length)
})

test('damage, which a new transfer could mend, is permanent for a stored object', { timeout }, async () => {
  await assert.rejects(check(storeOf(flipBits(carBytes, carBytes.length - 10))), isPermanent('bad-block'))
  await assert.rejects(check(storeOf(carBytes.subarray(0, -5))), isPermanent('bad-car'))
  const { blocks } = tree
  const incomplete = buildCar({ ...tree, blocks: blocks.slice(0, -1) })
  await assert.rejects(check(storeOf(incomplete)), (error: unknown) => {
    assert.ok(isPermanent('dag-incomplete')(error) && error instanceof PermanentError)
    assert.deepEqual(error.missingCids, [blocks.at(-1)?.cid.toString()])
    return true
  })
})

test('a sound CAR that is not the one reported is a mismatch, fact by fact', { timeout }, async () => {
  for (const wrong of [{ carCid: 'bag' }, { sizeBytes: 1 }, { blocks: 1 }, { dagBytes: 1 }, { rawBytes: 1 }])
    await assert.rejects(
      check(storeOf(carBytes), { claimed: { ...claim, ...wrong } }),
      (error: unknown) =>
        isPermanent('claim-mismatch')(error) && String(error).includes(Object.keys(wrong)[0] ?? '?'),
    )
})

test('what the report leaves out is found in the CAR', { timeout }, async () => {
  const { rawBytes, ...claimed } = claim
  assert.equal(rawBytes, 8_000)
  assert.equal((await check(storeOf(carBytes), { claimed })).rawBytes, rawBytes)
})

test('an object that is not there is a mismatch, also when it goes while it is read', {
  timeout,
}, async () => {
  await assert.rejects(check(storeOf(undefined)), isPermanent('claim-mismatch'))
  const gone = new ObjectNotFoundError('gone')
  await assert.rejects(check(storeOf(carBytes, gone)), isPermanent('claim-mismatch'))
})

test('trouble with reading stays transient', { timeout }, async () => {
  const trouble = new StorageError('the store does not answer')
  await assert.rejects(check(storeOf(carBytes, trouble)), error => error === trouble)
  const unknown = new Error('socket hang up')
  await assert.rejects(check(storeOf(carBytes, unknown)), error => error === unknown)
})

test('the limits of the validator hold for what is staged', { timeout }, async () => {
  await assert.rejects(check(storeOf(carBytes), { limits: { maxBlocks: 3 } }), isPermanent('too-many-blocks'))
})
