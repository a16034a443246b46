import { CliError, exitCodes } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { findPins } from './find-pin.ts'
import { requireOperands } from './read-arguments.ts'
import { serverOptions } from './server.ts'

/** `pickup rm` */
export const rmCommand = defineCommand({
  name: 'rm',
  summary: 'remove pins; work that no other pin wants is cancelled',
  operands: 'REQUESTID|CID...',
  details: 'A CID that was pinned several times needs --all: each request is a pin of its own.',
  examples: [
    ['rm 4f1c9a1e-5b0f-4b1c-9d9b-0d2f6f1f7c11', 'one pin'],
    ['rm bafybeib... --all', 'every pin of that CID'],
  ],
  options: { ...serverOptions, all: { type: 'boolean', help: 'every pin of a CID, however many there are' } },
  async run({ values, operands }, { connect, output }) {
    requireOperands(operands, 'a request id or a CID', { max: Number.POSITIVE_INFINITY })
    const api = await connect(values)
    for (const reference of operands) {
      const found = await findPins(api, reference)
      if (found.length > 1 && !values.all)
        throw new CliError(
          'usage',
          `${reference} has ${found.length} pins: name one by its request id ("pickup ls --cid ${reference}"), or give --all`,
        )
      for (const { requestid, pin } of found) {
        await api.remove(requestid)
        output.result({ requestid, cid: pin.cid, removed: true }, `removed ${requestid}  ${pin.cid}`)
      }
    }
    return exitCodes.ok
  },
})
