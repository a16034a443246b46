import { createHash, hash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createCarScanner } from '#libs/car/index.ts'
import { buildCar, buildTree, carHeader, encodeVarint, type TestDag } from '#libs/car/testing/build-car.ts'
import { compare, type Figures, type Pair, type Row, report } from './report.ts'

/*
 * The scanner on CARs in memory, in chunks as a socket gives them, beside the least that anybody who proves a CAR and
 * knows its CID must do: SHA-256 of each block, and of the whole.
 *
 * Usage: node test/bench/scanner.ts [--mib 256] [--block-kib 256,1] [--chunk-kib 64] [--runs 5]
 */
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '256' },
    'block-kib': { type: 'string', default: '256,1' },
    'chunk-kib': { type: 'string', default: '64' },
    runs: { type: 'string', default: '5' },
  },
})
const kibibyte = 1024
const limits = { maxCarBytes: 1e12, maxBlockBytes: 2 * kibibyte ** 2, maxBlocks: 1e9 }

type Car = { root: string; chunks: Buffer[]; blocks: Buffer[]; bytes: number }

function makeCar(mib: number, blockKib: number, chunkBytes: number): Car {
  const dag = buildTree({ leaves: (mib * kibibyte) / blockKib, leafBytes: blockKib * kibibyte })
  const bytes = Buffer.from(buildCar(dag).buffer)
  const chunks = []
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes))
  return { root: dag.root.toString(), chunks, blocks: [...blocksIn(bytes, dag)], bytes: bytes.length }
}

/** Where the blocks lie in the CAR: both sides read the same memory. */
function* blocksIn(car: Buffer, { root, blocks }: TestDag): Generator<Buffer> {
  let end = carHeader([root]).length
  for (const { cid, bytes } of blocks) {
    const start = end + encodeVarint(cid.bytes.length + bytes.length).length + cid.bytes.length
    end = start + bytes.length
    yield car.subarray(start, end)
  }
}

function scan({ root, chunks, blocks, bytes }: Car): void {
  const scanner = createCarScanner({ root, limits })
  for (const chunk of chunks) scanner.push(chunk)
  const report = scanner.end()
  if (report.sizeBytes !== bytes || report.blocks !== blocks.length)
    throw new Error(`${report.blocks} blocks in ${report.sizeBytes} bytes were found, and not what was made`)
}

/** The fastest that Node has for either. */
function hashTwice({ chunks, blocks }: Car): void {
  for (const block of blocks) hash('sha256', block, 'binary')
  const whole = createHash('sha256')
  for (const chunk of chunks) whole.update(chunk)
  whole.digest()
}

function timed(car: Car, work: (car: Car) => void): Figures {
  const startedAt = performance.now()
  work(car)
  const seconds = (performance.now() - startedAt) / 1_000
  return { 'MB/s': car.bytes / 1e6 / seconds }
}

function measure(blockKib: number): Row {
  const mib = Number(values.mib)
  const car = makeCar(mib, blockKib, Number(values['chunk-kib']) * kibibyte)
  const pairs: Pair[] = []
  // The first pair warms up.
  for (let run = 0; run <= Number(values.runs); run++)
    pairs.push({ pickup: timed(car, scan), against: timed(car, hashTwice) })
  const work = `scan ${mib} MiB of ${blockKib} KiB blocks in memory`
  const target = { atLeast: blockKib >= 256 ? 0.95 : 0.8 }
  return compare({ bench: 'scanner', work, target }, 'SHA-256 twice', pairs.slice(1), ['MB/s'])
}

process.stdout.write(report(values['block-kib'].split(',').map(Number).map(measure)))
