import { formatCount, formatExactBytes } from '../terminal/human-units.ts'
import type { Receipt } from './pin-client.ts'

/** The receipt as lines of a table. */
export function formatReceipt(receipt: Receipt): string[] {
  const rows = [
    ['root', receipt.root],
    ['CAR', receipt.car_cid],
    ['stored as', `s3://${receipt.bucket}/${receipt.key}`],
    ['CAR size', formatExactBytes(receipt.car_bytes)],
    ['DAG size', formatExactBytes(receipt.dag_bytes)],
    ['blocks', formatCount(receipt.blocks)],
    ['verified at', receipt.verified_at],
  ] as const
  return rows.map(([name, value]) => `${name.padEnd(12)} ${value}`)
}
