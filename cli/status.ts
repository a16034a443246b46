import { exitCodes } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { findPin } from './find-pin.ts'
import { followPin } from './follow-pin.ts'
import { formatPin } from './pin-text.ts'
import { requireOperands } from './read-arguments.ts'
import { serverOptions } from './server.ts'

/** `pickup status` */
export const statusCommand = defineCommand({
  name: 'status',
  summary: 'show a pin: what happens now, or why it failed and what to do',
  operands: 'REQUESTID|CID',
  details: 'Of several pins of a CID it is the newest. Exits with 1 if the pin has failed.',
  examples: [
    ['status 4f1c9a1e-5b0f-4b1c-9d9b-0d2f6f1f7c11', 'one pin, once'],
    ['status bafybeib... --watch', 'its progress, until it is pinned or has failed'],
  ],
  options: {
    ...serverOptions,
    watch: { type: 'boolean', short: 'w', help: 'go on until it is pinned or has failed' },
  },
  async run({ values, operands }, { connect, output, signal }) {
    requireOperands(operands, 'a request id or a CID')
    const api = await connect(values)
    const found = await findPin(api, operands[0] ?? '')
    if (!values.watch) output.result(found, formatPin(found))
    const { status } = values.watch ? await followPin(found.requestid, { api, output, signal }) : found
    return status === 'failed' ? exitCodes.failed : exitCodes.ok
  },
})
