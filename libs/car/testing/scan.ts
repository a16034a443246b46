import assert from 'node:assert/strict'
import type { CID } from 'multiformats/cid'
import { failureOf, PermanentError, PickupError } from '#libs/errors/index.ts'
import { type CarLimits, type CarReport, createCarScanner } from '../scanner.ts'

/** Limits that no test DAG reaches. */
export const wideLimits: CarLimits = {
  maxCarBytes: 2 ** 40,
  maxBlockBytes: 4 * 1024 * 1024,
  maxBlocks: 1_000_000,
}

type Options = { chunkBytes?: number; limits?: Partial<CarLimits>; anyOrder?: boolean }

/**
 * Scans a whole CAR in chunks of `chunkBytes`. Every chunk comes in one and the same buffer that is spoiled
 * after each push, so a scanner that keeps a view is found out.
 */
export function scanCar(
  root: CID | string,
  car: Uint8Array,
  { chunkBytes = 65_536, limits, anyOrder = false }: Options = {},
): CarReport {
  const scanner = createCarScanner({ root, limits: { ...wideLimits, ...limits }, anyOrder })
  const buffer = new Uint8Array(chunkBytes)
  for (let at = 0; at < car.length; at += chunkBytes) {
    const chunk = car.subarray(at, at + chunkBytes)
    buffer.set(chunk)
    scanner.push(buffer.subarray(0, chunk.length))
    buffer.fill(0xa5)
  }
  return scanner.end()
}

/**
 * How a scan failed: `code`, or `code (permanent)`. Fails for a scan that succeeds or throws anything else.
 */
export function failureOfScan(root: CID | string, car: Uint8Array, options: Options = {}): string {
  return codeOf(() => scanCar(root, car, options))
}

/** Like `failureOfScan`, for any step. */
export function codeOf(step: () => unknown): string {
  try {
    step()
  } catch (error) {
    if (!(error instanceof PickupError)) throw error
    return error instanceof PermanentError ? `${error.code} (permanent)` : failureOf(error).code
  }
  return assert.fail('it did not fail')
}
