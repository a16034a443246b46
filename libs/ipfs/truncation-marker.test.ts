import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'

import fc from 'fast-check'

import { KuboCommandError } from './kubo-call.ts'
import { refuseTruncatedCar } from './truncation-marker.ts'

const marker = Buffer.from('\n\n[Gateway Error: CAR stream truncated, response is incomplete]')
const section = (bytes: Uint8Array) => Buffer.concat([Buffer.from([bytes.length]), bytes])
const sections = fc.array(fc.uint8Array({ minLength: 1, maxLength: 127 }).map(section), { minLength: 1 })

async function* cut(bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

test('passes every byte of a whole CAR on, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(sections, fc.integer({ min: 1, max: 200 }), async (parts, size) => {
      const car = Buffer.concat(parts)
      assert.ok((await buffer(refuseTruncatedCar(cut(car, size)))).equals(car))
    }),
  )
})

test('throws for the marker after the last section, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(sections, fc.integer({ min: 1, max: 200 }), async (parts, size) => {
      const car = Buffer.concat([...parts, marker])
      await assert.rejects(buffer(refuseTruncatedCar(cut(car, size))), KuboCommandError)
    }),
  )
})

test('takes the text of the marker at the end of a block for data', async () => {
  const car = section(Buffer.concat([Buffer.from('block'), marker]))
  assert.ok((await buffer(refuseTruncatedCar(cut(car, 16)))).equals(car))
})
