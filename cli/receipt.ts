import { formatCount, formatExactBytes } from '#deploy/terminal/human-units.ts'
import { exitCodes } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { findPin } from './find-pin.ts'
import { formatRows } from './pin-text.ts'
import { requireOperands } from './read-arguments.ts'
import { serverOptions } from './server.ts'

/** What was proven of a pinned content, and where its CAR lies, as the server tells it. */
export type Receipt = {
  requestid: string
  root: string
  carCid: string
  /** Of the CAR. */
  bytes: number
  blocks: number
  dagBytes: number
  /** Of the data in the DAG; null when the server did not count it. */
  rawBytes: number | null
  bucket: string
  key: string
  verifiedAt: string | null
  indexedAt: string | null
}

/** `pickup receipt` */
export const receiptCommand = defineCommand({
  name: 'receipt',
  summary: 'show what was proven of a pin, and where it is stored',
  operands: 'REQUESTID|CID',
  examples: [['receipt bafybeib... --json', 'for a program']],
  options: serverOptions,
  async run({ values, operands }, { connect, output }) {
    requireOperands(operands, 'a request id or a CID')
    const api = await connect(values)
    const { requestid } = await findPin(api, operands[0] ?? '')
    const receipt = await api.receipt(requestid)
    output.result(receipt, formatReceipt(receipt))
    return exitCodes.ok
  },
})

const formatReceipt = (receipt: Receipt) =>
  formatRows([
    ['root', receipt.root],
    ['CAR', receipt.carCid],
    ['stored as', `s3://${receipt.bucket}/${receipt.key}`],
    ['CAR size', formatExactBytes(receipt.bytes)],
    ['DAG size', formatExactBytes(receipt.dagBytes)],
    ['data size', receipt.rawBytes === null ? undefined : formatExactBytes(receipt.rawBytes)],
    ['blocks', formatCount(receipt.blocks)],
    ['verified at', receipt.verifiedAt ?? undefined],
    ['indexed at', receipt.indexedAt ?? undefined],
  ])
