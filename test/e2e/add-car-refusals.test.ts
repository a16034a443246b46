import { after, afterEach, before, test } from 'node:test'
import {
  buildCar,
  buildTree,
  carHeader,
  carSection,
  flipBits,
  joinBytes,
} from '#libs/car/testing/build-car.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { nothingIsKept, refusedBothWays, startAddPipeline } from './add-pipeline.ts'
import { multipart } from './multipart.ts'
import type { Pipeline } from './pipeline.ts'

const timeout = 30_000

let pipeline: Pipeline
before(async () => {
  pipeline = await startAddPipeline()
})
after(() => pipeline[Symbol.asyncDispose]())
afterEach(() => nothingIsKept(pipeline))

const dag = buildTree({ leaves: 5, leafBytes: 2_000 })
const car = buildCar(dag)
const carBody = (bytes: Uint8Array) => multipart({ name: 'a.car', bytes })
const foreign = rawBlock(Buffer.from('nobody links here'))

const cases: { what: string; body: () => Uint8Array; message: RegExp }[] = [
  {
    what: 'that lacks a block',
    body: () => carBody(buildCar({ ...dag, blocks: dag.blocks.slice(0, -1) })),
    message: new RegExp(`^dag-incomplete: .*${dag.blocks.at(-1)?.cid.toString()}`),
  },
  {
    what: 'with a damaged block',
    body: () => carBody(flipBits(car, car.length - 10, 1)),
    message: /^bad-block: .* do not match its hash/,
  },
  {
    what: 'with a foreign block',
    body: () => carBody(joinBytes([car, carSection(foreign)])),
    message: /^unexpected-block: /,
  },
  {
    what: 'with two roots',
    body: () => carBody(joinBytes([carHeader([dag.root, foreign.cid]), ...dag.blocks.map(carSection)])),
    message: /^wrong-root: the CAR has the roots/,
  },
  { what: 'without a root', body: () => carBody(carHeader([])), message: /^wrong-root: / },
  { what: 'that is cut', body: () => carBody(car.subarray(0, -100)), message: /^bad-car: / },
  {
    what: 'with bytes behind it',
    body: () => carBody(joinBytes([car, Buffer.alloc(3)])),
    message: /^bad-car: /,
  },
  { what: 'that is none', body: () => carBody(Buffer.from('hello, I am a text')), message: /^bad-car: / },
  { what: 'without bytes', body: () => carBody(Buffer.alloc(0)), message: /^bad-car: / },
  {
    what: 'of version 2',
    body: () => carBody(carHeader([dag.root], { version: 2 })),
    message: /^bad-car: /,
  },
  {
    what: 'after another',
    body: () => multipart({ name: 'a.car', bytes: car }, { name: 'b.car', bytes: car }),
    message: /only one CAR file/,
  },
  {
    what: 'that is a directory',
    body: () => multipart({ name: 'a', type: 'application/x-directory' }),
    message: /not of type file/,
  },
]

for (const { what, body, message } of cases)
  test(`a CAR ${what} is refused with its reason`, { timeout }, () =>
    refusedBothWays(pipeline, { format: 'car' }, body, { message }),
  )

test('a CAR larger than what is stored is refused with 413', { timeout }, () => {
  const large = carBody(buildCar(buildTree({ leaves: 16, leafBytes: 1_000_000 })))
  return refusedBothWays(pipeline, { format: 'car' }, () => large, { message: /^car-too-big: /, status: 413 })
})
