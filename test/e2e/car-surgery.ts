import { CarIndexer } from '@ipld/car/indexer'
import { CID } from 'multiformats/cid'
import { carHeader, flipBits, joinBytes } from '#libs/car/testing/build-car.ts'

/** Where a section lies in the file: `start` of its length, `cidStart` of its CID, `blockStart` of its block. */
export type Section = { cid: string; start: number; cidStart: number; blockStart: number; end: number }

/** A CAR taken apart, to be put together wrong. */
export type OpenedCar = { headerEnd: number; header: Uint8Array; sections: Section[]; lastSection: Section }

/** Reads the layout of a sound CAR. */
export async function openCar(car: Uint8Array): Promise<OpenedCar> {
  const sections: Section[] = []
  for await (const { cid, offset, length, blockOffset, blockLength } of await CarIndexer.fromBytes(car)) {
    sections.push({
      cid: cid.toString(),
      start: offset,
      cidStart: blockOffset - cid.bytes.length,
      blockStart: blockOffset,
      end: blockOffset + blockLength,
    })
    if (offset + length !== blockOffset + blockLength) throw new Error('the index of the CAR is off')
  }
  const [first] = sections
  const lastSection = sections.at(-1)
  if (!first || !lastSection) throw new Error('the CAR has no sections')
  return { headerEnd: first.start, header: car.subarray(0, first.start), sections, lastSection }
}

const bytesOf = (car: Uint8Array, { start, end }: Section) => car.subarray(start, end)

/** One bit of the last leaf is another. */
export async function flipBitInLeaf(car: Uint8Array): Promise<Uint8Array> {
  return flipBits(car, (await openCar(car)).lastSection.blockStart + 3)
}

/** Without its last block: well-formed, and not the whole DAG. */
export async function dropLastBlock(car: Uint8Array): Promise<Uint8Array> {
  return car.subarray(0, (await openCar(car)).lastSection.start)
}

/** With the leaves of another CAR at the end. */
export async function addLeafOf(other: Uint8Array, car: Uint8Array): Promise<Uint8Array> {
  return joinBytes([car, bytesOf(other, (await openCar(other)).lastSection)])
}

/** The same blocks under a header that names another root. */
export async function nameRoot(root: string, car: Uint8Array): Promise<Uint8Array> {
  return joinBytes([carHeader([CID.parse(root)]), car.subarray((await openCar(car)).headerEnd)])
}

/** The whole DAG, with its last two leaves in the other order: sound, and another file. */
export async function swapLastLeaves(car: Uint8Array): Promise<Uint8Array> {
  const { sections } = await openCar(car)
  const [last, beforeLast] = sections.toReversed()
  if (!last || !beforeLast) throw new Error('the CAR has less than two sections')
  return joinBytes([car.subarray(0, beforeLast.start), bytesOf(car, last), bytesOf(car, beforeLast)])
}
