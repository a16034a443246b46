import { canonicalCid } from '#libs/car/index.ts'
import { adoptCar, type CarRow, carRows, isCarKnown, replaceLostCar } from '#libs/db/index.ts'
import { PermanentError } from '#libs/errors/index.ts'
import type { ListedObject } from '#libs/storage/index.ts'
import type { Check, Examined, Finding } from './finding.ts'
import { mergeByKey } from './merge-by-key.ts'

/**
 * Compares the listing of the CAR bucket with the receipts, page by page in the order of the keys. What differs is looked
 * at once more, because pins come and go meanwhile.
 */
export const checkCars: Check = async function* (examined) {
  const { db, storage, carBucket } = examined
  for await (const { left: stored, right: row } of mergeByKey(
    storage.list(carBucket, ''),
    carRows(db, carBucket),
  )) {
    const finding =
      stored && !row
        ? await carWithoutRow(examined, stored)
        : row && !stored
          ? await rowWithoutCar(examined, row)
          : undefined
    if (finding) yield finding
  }
}

async function carWithoutRow(
  { db, storage, carBucket, graceMs }: Examined,
  { key, sizeBytes, lastModified }: ListedObject,
): Promise<Finding | undefined> {
  const ref = { bucket: carBucket, key }
  if (Date.now() - lastModified.getTime() < graceMs || (await isCarKnown(db, ref))) return undefined
  const stored = await storage.head(ref)
  if (!stored) return undefined
  const found = { check: 'car-without-row' as const, subject: key }
  const cid = rootOf(key, stored.metadata)
  if (cid === undefined)
    return { ...found, detail: `${sizeBytes} bytes that Pickup did not put there: nothing is done about it` }
  return {
    ...found,
    detail: `${sizeBytes} bytes of ${cid}; repaired, it is deleted like the CAR of an unpinned content`,
    repair: async () => (await storage.head(ref)) !== undefined && adoptCar(db, { cid, ...ref }),
  }
}

/** The content of a CAR that a validator has stored; undefined for an object of somebody else. */
function rootOf(key: string, { root, carcid }: Record<string, string>): string | undefined {
  if (!root || !carcid || key !== `${carcid}/${carcid}.car`) return undefined
  try {
    return canonicalCid(root)
  } catch (error) {
    if (error instanceof PermanentError) return undefined
    throw error
  }
}

async function rowWithoutCar(
  { db, storage, carBucket, graceMs }: Examined,
  row: CarRow,
): Promise<Finding | undefined> {
  if (row.verifiedAt && Date.now() - row.verifiedAt.getTime() < graceMs) return undefined
  const isGone = async () => (await storage.head({ bucket: carBucket, key: row.key })) === undefined
  if (!(await isGone())) return undefined
  return {
    check: 'row-without-car',
    subject: row.cid,
    detail: `the store has no ${row.key}; repaired, what is pinned is fetched again`,
    repair: async () => (await isGone()) && replaceLostCar(db, row),
  }
}
