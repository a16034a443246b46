import { randomBytes } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { formatCount, formatExactBytes } from '#deploy/terminal/human-units.ts'
import type { CarReport } from '#libs/car/index.ts'
import { PickupError } from '#libs/errors/index.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { findPin } from './find-pin.ts'
import type { Output } from './output.ts'
import type { PinStatus } from './pin-status.ts'
import { formatRows } from './pin-text.ts'
import type { PinningApi } from './pinning-api.ts'
import { createByteProgress } from './progress.ts'
import { requireOperands } from './read-arguments.ts'
import { createAnyCarScanner, reportFields } from './scan-car.ts'
import { serverOptions } from './server.ts'

/** `pickup get` */
export const getCommand = defineCommand({
  name: 'get',
  summary: 'download the CAR of a pin, checked while it comes',
  operands: 'REQUESTID|CID',
  details:
    'Under its name the file is there only when all of it has come and is proven to be what was pinned.',
  examples: [
    ['get bafybeib...', 'into bafybeib....car'],
    ['get bafybeib... -o photos.car', 'into photos.car'],
  ],
  options: {
    ...serverOptions,
    output: { type: 'string', short: 'o', value: 'FILE', help: 'name of the file (default CID.car)' },
    force: { type: 'boolean', help: 'replace a file of that name' },
  },
  async run({ values, operands }, { connect, output, signal }) {
    requireOperands(operands, 'a request id or a CID')
    const api = await connect(values)
    const pin = await findPin(api, operands[0] ?? '')
    if (pin.status !== 'pinned')
      throw new CliError('failed', `the pin is ${pin.status}: ${pin.info['status_details'] ?? ''}`)
    const file = values.output ?? `${pin.pin.cid}.car`
    if (existsSync(file) && !values.force)
      throw new CliError('usage', `${file} is there already: give another name with -o, or --force`)
    const report = await download(pin, file, { api, output, signal })
    const fields = reportFields(report)
    output.result(
      { requestid: pin.requestid, file, ...fields },
      formatRows([
        ['file', file],
        ['root', fields.root],
        ['CAR', fields.carCid],
        ['CAR size', formatExactBytes(fields.bytes)],
        ['blocks', `${formatCount(fields.blocks)}, checked against their hashes`],
      ]),
    )
    return exitCodes.ok
  },
})

type Deps = { api: Pick<PinningApi, 'car'>; output: Output; signal: AbortSignal }

/** The file gets its name when it is whole and proven. Throws {@link CliError} when it is not, and leaves nothing. */
async function download(pin: PinStatus, file: string, { api, output, signal }: Deps): Promise<CarReport> {
  const scanner = createAnyCarScanner(pin.pin.cid)
  const { sizeBytes, bytes } = await api.car(pin.requestid)
  const describe = createByteProgress('downloading', sizeBytes, output)
  const partial = `${file}.${randomBytes(4).toString('hex')}.partial`
  async function* checked(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      scanner.push(chunk)
      output.progress(describe(scanner.sizeBytes, scanner.blocks))
      yield chunk
    }
  }
  try {
    await pipeline(bytes, checked, createWriteStream(partial, { flags: 'wx', flush: true }), { signal })
    const report = requireSame(scanner.end(), pin)
    await rename(partial, file)
    return report
  } catch (error) {
    await rm(partial, { force: true })
    if (!(error instanceof PickupError)) throw error
    throw new CliError(
      'failed',
      `what came is not what was pinned (${error.code}: ${error.message}); nothing is kept of it`,
      { cause: error },
    )
  } finally {
    output.endProgress()
  }
}

/** One more look: a whole DAG in another order is another file than the receipt tells of. */
function requireSame(report: CarReport, { info }: PinStatus): CarReport {
  const expected = info['car_cid']
  if (expected === undefined || expected === report.carCid) return report
  throw new CliError(
    'failed',
    `the CAR that came is ${report.carCid}, not ${expected}; nothing is kept of it`,
  )
}
